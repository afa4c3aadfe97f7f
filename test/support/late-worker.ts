/** A worker that listens only when it has loaded the script of `wgconv/worker` by itself. */

setTimeout(() => import('../../src/worker/worker-main.ts'), 200);
