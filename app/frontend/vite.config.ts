import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// One origin, as behind the edge: the backend compares the page's origin with the Host header, so that stays as it came.
const api = { "/api": { target: "http://127.0.0.1:8000", changeOrigin: false } };

// What role edge sends along, so that the built pages can be tried under it. (Vite's own scripts in development cannot.)
const headers = {
  "Content-Security-Policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", port: 5173, proxy: api },
  preview: { host: "127.0.0.1", port: 4173, proxy: api, headers },
  build: {
    // The edge's content security policy admits files of this origin only, so nothing may be inlined as a data: address.
    assetsInlineLimit: 0,
  },
});
