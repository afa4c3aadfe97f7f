/** A network as the tasks see it: one input, outputs in the model's own order. */

export interface Output {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

export type Network = (input: Float32Array, dims: readonly number[]) => Promise<readonly Output[]>;

/** The output with this number; a model that lacks it is not the one that the task is for. */
export function outputOf(outputs: readonly Output[], index: number): Output {
  const output = outputs[index];
  if (!output) throw new RangeError(`the model has ${outputs.length} outputs, none is ${index}`);
  return output;
}

/** Called between steps of a task; `done` of `all` steps are behind it. */
export type OnStep = (done: number, all: number) => void;
