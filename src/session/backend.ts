/** What the two backends, `webgpu` and `cpu`, have in common: one small interface. */

import type { HostTensor, Tensor } from '../core/tensor.ts';

export type Feeds = ReadonlyMap<string, Tensor>;

export interface RunOptions {
  /** Names of the outputs that are wanted; all by default. */
  readonly outputs?: readonly string[] | undefined;
  /** Leave outputs on the GPU: they are overwritten by the session's next run. */
  readonly location?: 'cpu' | 'gpu-buffer' | undefined;
}

/** A prepared graph for one set of input shapes, ready to run. */
export interface Executable {
  run(feeds: Feeds, options: RunOptions): Promise<Map<string, Tensor>>;
  dispose(): void;
}

export interface Progress {
  readonly stage: 'read' | 'prepare' | 'compile' | 'upload' | 'run' | 'verify';
  readonly done: number;
  readonly total: number;
  /** What is worked on, for a person. */
  readonly detail?: string | undefined;
}

export type OnProgress = (progress: Progress) => void;

export type HostValues = Map<string, HostTensor>;
