/** What a run of the benchmark brings, as data. */

import type { Ratio, Timing } from './measure.ts';

export interface EngineRow {
  readonly engine: string;
  readonly version: string;
  /** Greatest |output − CPU reference|, in units of the output's scale. */
  readonly relativeError: number;
  readonly endToEnd?: Timing;
  readonly resident?: Timing;
  readonly gflops?: number;
  readonly gbps?: number;
  /** GFLOP/s ÷ the ceiling measured in the same run. */
  readonly shareOfCeiling?: number;
  /** Its rate is further above the ceiling than a measurement can be: not counted. */
  readonly implausible?: boolean;
  /** This engine's time ÷ wgconv's, in the same rounds. */
  readonly endToEndRatio?: Ratio;
  readonly residentRatio?: Ratio;
  readonly error?: string;
}

export interface ProblemResult {
  readonly problem: string;
  readonly macs: number;
  /** The algorithm of the first convolution or product. */
  readonly algorithm: string;
  readonly rows: readonly EngineRow[];
}

export interface Environment {
  readonly adapter: string;
  readonly browser: string;
  readonly ceilingGflops: number;
  readonly ceilingGbps: number;
}

export interface BenchResult extends Environment {
  readonly recipe: string;
  readonly results: readonly ProblemResult[];
}
