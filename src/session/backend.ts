/** What the two backends, `webgpu` and `cpu`, have in common: one small interface. */

import { WgconvError } from '../core/errors.ts';
import { insist, refuseUnknown } from '../core/refuse-unknown.ts';
import type { Tensor } from '../core/tensor.ts';
import type { BytesRead } from '../formats/bytes-read.ts';
import type { Graph } from '../graph/graph.ts';

export type Feeds = ReadonlyMap<string, Tensor>;

export interface RunOptions {
  /** Names of the outputs that are wanted; all by default. */
  readonly outputs?: readonly string[] | undefined;
  /**
   * Leave outputs on the GPU: they are overwritten by the session's next run, and go with the session,
   * or when it has run with a few other shapes since. A session on the same device takes them as its
   * feeds without a copy: wait for that run before the first session runs again. Their elements are
   * those that the device computes with: 32-bit integers for int8 to uint16 and bool, float32 for
   * float16 where the device has no `shader-f16`.
   */
  readonly location?: 'cpu' | 'gpu-buffer' | undefined;
  /**
   * Ends the run early: it rejects with the signal's reason at once. One that still waits for its turn
   * never begins. Of one that computes nothing more is submitted; what the GPU has been given already
   * it finishes, and then the next run's turn comes. Outputs that an earlier run left on the GPU may
   * be overwritten by then.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Computes node by node first, and rejects with `out-of-range` where a value is NaN or infinite
   * (`finite`), or beyond ±65504 as well (`float16`): the error names the first such node, value and
   * element, the input or weight where it comes from there. Much slower; to find out what is wrong.
   */
  readonly watch?: 'finite' | 'float16' | undefined;
}

/** A prepared graph for one set of input shapes, ready to run. */
export interface Executable {
  run(feeds: Feeds, options: RunOptions): Promise<Map<string, Tensor>>;
  dispose(): void;
}

/** How far a piece of work has come: bytes that are read, or pieces of the rest. */
export type Progress = BytesRead | WorkDone;

export interface WorkDone {
  readonly stage: 'prepare' | 'compile' | 'upload' | 'run' | 'verify' | 'tune' | 'profile';
  readonly done: number;
  readonly total: number;
  readonly unit?: undefined;
  /** What is worked on, for a person. */
  readonly detail?: string | undefined;
}

export type OnProgress = (progress: Progress) => void;

/** @throws WgconvError `invalid-argument` where `location` is none. */
export function checkLocation({ location = 'cpu' }: Pick<RunOptions, 'location'>): void {
  refuseUnknown('location', { [location]: true }, { cpu: true, 'gpu-buffer': true });
}

/** @throws WgconvError `invalid-argument` where one of the outputs asked for is none. */
export function wantedOutputs(graph: Graph, { outputs }: RunOptions): readonly string[] {
  insist(Array.isArray(outputs ?? []), `outputs takes a list of names, not "${outputs}"`);
  const unknown = outputs?.find((name) => !graph.outputs.includes(name));
  if (unknown === undefined) return outputs ?? graph.outputs;
  throw new WgconvError(
    'invalid-argument',
    `the model has no output "${unknown}"; its outputs are ${graph.outputs.map((name) => `"${name}"`).join(', ')}`,
    { value: unknown },
  );
}
