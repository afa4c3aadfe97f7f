/** What every timed problem has, and seeded data. */

export interface ProblemBase {
  /** Unique; `--filter` looks in it. */
  readonly name: string;
  /** Multiply-adds of one run; of a network, they are counted once it is loaded. */
  readonly macs: number;
  /** Bytes that one run must read and write at the least, where that says more than `macs`. */
  readonly bytes?: number;
  readonly input: { readonly name: string; readonly dims: readonly number[] };
  readonly output: string;
  /** The problem as an ONNX file, the same bytes for every engine that reads ONNX. */
  model(): Uint8Array | Promise<Uint8Array>;
}

/** Brings a file of the repository; in a page, from the server that serves the page. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Where a page asks for the models. */
export const modelUrl = '/bench-models/';

const fetched: ReadFile = async (path) => {
  const response = await fetch(`${modelUrl}${encodeURIComponent(path)}`);
  if (!response.ok) throw new Error(`${path} is not there`);
  return new Uint8Array(await response.arrayBuffer());
};

let readFile = fetched;

/** For hosts that have no server. */
export function useReader(reader: ReadFile): void {
  readFile = reader;
}

export function readModel(path: string): Promise<Uint8Array> {
  return readFile(path);
}

/** Zero-mean uniform numbers, the same for the same seed (a linear congruential generator). */
export function seededData(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
