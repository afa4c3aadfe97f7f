/** wgconv's own suites in Node, on the npm package `webgpu`: a real GPU, or VK_DRIVER_FILES's driver. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { useReader } from './problems/problem.ts';
import type { ProblemResult } from './result.ts';
import { type BenchOptions, runProblem, type Started, start } from './runner.ts';
import { root } from './server.ts';

export class NodeHost {
  readonly #options: BenchOptions;
  readonly #progress: (line: string) => void;

  constructor(options: BenchOptions, progress: (line: string) => void) {
    this.#options = { ...options, peers: [] };
    this.#progress = progress;
  }

  async open(): Promise<Started> {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    // Dawn stops once the object that `create` gives is collected: `navigator` keeps it.
    const userAgent = `Node ${process.version}, webgpu package`;
    const value = { gpu: create([]), userAgent };
    Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
    useReader(async (path) => new Uint8Array(await readFile(resolve(root, path))));
    return start(this.#options, this.#progress);
  }

  run(problem: string): Promise<ProblemResult> {
    return runProblem(problem);
  }

  async renew(): Promise<void> {}

  async close(): Promise<void> {}
}
