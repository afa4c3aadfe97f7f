/** What a profile holds, as plain data, and what its parts are made of. */

import type { Tensor } from '../../core/tensor.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { OnProgress } from '../backend.ts';
import type { NodeReport } from '../report.ts';

export interface NodeProfile extends NodeReport {
  /** Of one run; 0 for what takes no time (views, constants). */
  readonly milliseconds: number;
  /** Of its inputs, weights and outputs, each counted once. */
  readonly bytes: number;
  /** 10⁹ operations a second, a multiply-add counted as two; where it has any and takes time. */
  readonly gflops?: number | undefined;
  /** 10⁹ of `bytes` a second. */
  readonly gbps?: number | undefined;
  /** Of the device's ceiling: of its arithmetic or of its memory, whichever is the greater. */
  readonly share?: number | undefined;
}

/**
 * How nodes were timed. `timestamps`: by the GPU's clock, each node in a pass of its own. `estimated`:
 * the GPU has none, and each node was repeated until the queue's end could be timed. `wall`: the
 * wall clock around each node's reference.
 */
export type Timing = 'timestamps' | 'estimated' | 'wall';

export interface ProfileData {
  readonly backend: 'webgpu' | 'cpu';
  readonly adapter?: DeviceCaps['adapter'] | undefined;
  /** What shares are of. */
  readonly ceiling?: DeviceCaps['ceiling'] | undefined;
  readonly timing: Timing;
  /** The clock is coarse (Chrome's timestamps tick at 100 µs): times are means over its steps. */
  readonly quantised: boolean;
  readonly runs: number;
  /** In the order in which they run. */
  readonly nodes: readonly NodeProfile[];
  /** All nodes together. */
  readonly milliseconds: number;
  /**
   * A run whose nodes are in passes of their own, first to last: the one that they were timed in, of
   * middle length among `runs`; `timestamps` only.
   */
  readonly splitMilliseconds?: number | undefined;
  /** A run as `run()` records it, without uploads and downloads of what is fed and made. */
  readonly runMilliseconds: number;
}

/** Times of a part of a model that is planned whole; milliseconds. */
export interface PartTimes {
  readonly timing: Timing;
  readonly quantised: boolean;
  /** By node of the plan. */
  readonly nodes: readonly number[];
  readonly split?: number | undefined;
  readonly run: number;
}

/** The outputs are those of a run; what follows in the model reads them. */
export interface ProfiledPart {
  readonly times: PartTimes;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** What the timing of a part is told. */
export interface How {
  readonly runs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = 0, high = 0] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}

export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, samples.length);
}
