/** Serves the page of the benchmark (and other pages), its engines and the models on this machine. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createServer, type Plugin, type ViteDevServer } from 'vite';
import { nets } from './problems/nets.ts';
import { modelUrl } from './problems/problem.ts';

export const root = resolve(import.meta.dirname, '..');

/** Paths of the networks' files that are there. */
export function availableModels(): string[] {
  const paths = nets.flatMap(({ path }) => path ?? []);
  return [...new Set(paths)].filter((path) => existsSync(resolve(root, path)));
}

export interface ServerOptions {
  /** Called with what a page posts. */
  readonly onResult?: (text: string) => void;
  /** Other pages than the benchmark's, and the packages that they need. */
  readonly entries?: readonly string[];
  readonly include?: readonly string[];
}

export async function startServer({
  onResult = () => {},
  entries = ['bench/index.html'],
  include = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'],
}: ServerOptions = {}) {
  const plugin: Plugin = {
    name: 'benchmark',
    configureServer: (server: ViteDevServer) => {
      const models = availableModels();
      server.middlewares.use((request, response, next) => {
        const path = decodeURIComponent((request.url ?? '').slice(modelUrl.length));
        if (request.url?.startsWith(modelUrl) && models.includes(path)) {
          response.setHeader('content-type', 'application/octet-stream');
          response.end(readFileSync(resolve(root, path)));
        } else if (request.url === '/bench-result') {
          const parts: Buffer[] = [];
          request.on('data', (part: Buffer) => parts.push(part));
          request.on('end', () => {
            response.end();
            onResult(Buffer.concat(parts).toString());
          });
        } else next();
      });
    },
  };
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [plugin],
    // A page that is timed must not be reloaded because a file changes.
    server: { port: 0, hmr: false, watch: null },
    cacheDir: 'node_modules/.vite-bench',
    // onnxruntime-web finds its WebAssembly beside itself, which bundling would break.
    // The rest is bundled before the page opens: a late find would reload it.
    optimizeDeps: {
      exclude: ['onnxruntime-web'],
      entries: [...entries],
      include: ['pbf', 'wgsl-preprocessor/wgsl-preprocessor.js', ...include],
    },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() };
}
