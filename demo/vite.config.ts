/** The demo: a static site that works from any sub-path. */

import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  cacheDir: resolve(import.meta.dirname, '../node_modules/.vite-demo'),
  assetsInclude: ['**/*.onnx'],
  server: { fs: { allow: [resolve(import.meta.dirname, '..')] } },
  build: { outDir: resolve(import.meta.dirname, '../dist-demo'), emptyOutDir: true },
});
