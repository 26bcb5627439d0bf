// Builds the dashboard into dist/ with hashed names; while developing, the API and the socket come from a local server.
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = 'http://127.0.0.1:4400';
const proxy = { '/api': { target: server }, '/ws': { target: server, ws: true } };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  server: { host: '127.0.0.1', port: 4401, proxy },
  preview: { host: '127.0.0.1', port: 4402, proxy },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing is inlined: the server's policy on content allows no data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
