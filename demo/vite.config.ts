/** The demo: a static site that works from any sub-path. */

import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  cacheDir: resolve(import.meta.dirname, '../node_modules/.vite-demo'),
  plugins: [svelte({ configFile: false })],
  assetsInclude: ['**/*.onnx', '**/*.safetensors'],
  server: { fs: { allow: [resolve(import.meta.dirname, '..')] } },
  // The gallery computes in a worker, which loads the engine in parts.
  worker: { format: 'es' },
  build: {
    outDir: resolve(import.meta.dirname, '../dist-demo'),
    emptyOutDir: true,
    // The stylesheet chooses by `light-dark()`, which is older than WebGPU in every browser but one.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
});
