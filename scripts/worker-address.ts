/**
 * A build plugin. Vite takes `new Worker(new URL('./x.ts', import.meta.url))` for a bundle of its own to
 * make; here the worker's script is an entry like any other and shares its chunks, and the expression
 * is for the bundler of the page. It is hidden from Vite by words of the same length, so that source
 * maps stay right.
 */
import type { Plugin } from 'vite';

const expression = "new URL('./worker-main.ts', import.meta.url)";
const hidden = "new URL('./worker-main.js', __worker_script)";

export function workerAddress(): Plugin {
  return {
    name: 'worker-address',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/src/worker/start-worker.ts')) return null;
      if (!code.includes(expression)) throw new Error(`${id} starts no worker: ${expression}`);
      return { code: code.replace(expression, hidden), map: null };
    },
    renderChunk(code, { fileName }) {
      if (!code.includes('__worker_script')) return null;
      if (fileName !== 'worker.js') throw new Error(`${fileName} is not beside worker-main.js`);
      return { code: code.replace('__worker_script', 'import.meta.url'), map: null };
    },
  };
}
