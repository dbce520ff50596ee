import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import pdfjs from "pdfjs-dist/package.json" with { type: "json" };

// One origin, as behind the edge: the backend compares the page's origin with the Host header, so that stays as it came.
const api = { "/api": { target: "http://127.0.0.1:8000", changeOrigin: false } };

// What role edge sends along, so that the built pages can be tried under it. (Vite's own scripts in development cannot.)
const headers = {
  "Content-Security-Policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

/** pdf.js imports what reads scanned pages by name, once it meets one: so they keep their names, in a folder a version. */
function pdfDecoders(): Plugin {
  return {
    name: "pdf-decoders",
    generateBundle() {
      for (const name of ["jbig2_nowasm_fallback.js", "openjpeg_nowasm_fallback.js"]) {
        const source = readFileSync(`node_modules/pdfjs-dist/wasm/${name}`);
        this.emitFile({ type: "asset", fileName: `assets/pdfjs-${pdfjs.version}/${name}`, source });
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), pdfDecoders()],
  server: { host: "127.0.0.1", port: 5173, proxy: api },
  preview: { host: "127.0.0.1", port: 4173, proxy: api, headers },
  build: {
    // The edge's content security policy admits files of this origin only, so nothing may be inlined as a data: address.
    assetsInlineLimit: 0,
  },
});
