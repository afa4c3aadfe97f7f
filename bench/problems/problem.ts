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

/** Zero-mean uniform numbers, the same for the same seed (a linear congruential generator). */
export function seededData(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
