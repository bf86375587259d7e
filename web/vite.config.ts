// Compiles web/ into web/dist, which the server serves at /. No inline script or style (the CSP refuses them), fonts as
// files of their own, names with a digest so that they can be kept for ever.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const WEB = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: WEB,
  plugins: [react()],
  build: {
    outDir: join(WEB, 'dist'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
});
