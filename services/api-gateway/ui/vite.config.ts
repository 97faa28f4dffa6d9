import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the page itself and hands everything else to a gateway that already runs.
const gateway = process.env.MATCHBOOK_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/matchbook_api_gateway/static",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy forbids inline scripts and data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", proxy: { "/api": gateway, "/auth": gateway } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
