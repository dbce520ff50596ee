import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// One origin, as behind the edge: the backend compares the page's origin with the Host header, so that stays as it came.
const api = { "/api": { target: "http://127.0.0.1:8000", changeOrigin: false } };

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", port: 5173, proxy: api },
  preview: { host: "127.0.0.1", port: 4173, proxy: api },
  build: {
    // The edge's content security policy admits files of this origin only, so nothing may be inlined as a data: address.
    assetsInlineLimit: 0,
  },
});
