/** What a run of the benchmark brings, as data: it describes itself. */

import type { Ratio, Timing } from './measure.ts';

/**
 * `own` is wgconv as it is, `variant` is wgconv held to something, `peer` an engine on the same
 * GPU, `yardstick` one on the CPU, which is never the best peer.
 */
export type Role = 'own' | 'variant' | 'peer' | 'yardstick';

export interface EngineRow {
  readonly engine: string;
  readonly version: string;
  readonly role: Role;
  /** Greatest |output − CPU reference|, in units of the output's scale. */
  readonly relativeError?: number;
  readonly endToEnd?: Timing;
  readonly resident?: Timing;
  readonly gflops?: number;
  readonly gbps?: number;
  /** GFLOP/s ÷ the ceiling measured in the same run, counted by the direct form. */
  readonly shareOfCeiling?: number;
  /** The same by the multiply-adds that its algorithm does, where Winograd does fewer. */
  readonly actualShareOfCeiling?: number;
  /** The least time that ceiling and bandwidth allow ÷ its time. */
  readonly shareOfRoofline?: number;
  /** Its rate is further above the ceiling than a measurement can be: not counted. */
  readonly implausible?: boolean;
  /** This engine's time ÷ wgconv's, in the same rounds. */
  readonly endToEndRatio?: Ratio;
  readonly residentRatio?: Ratio;
  /** Most bytes of GPU buffers at one time, from opening the model through two runs end to end. */
  readonly peakBytes?: number;
  /** What must be known of how it was timed. */
  readonly note?: string;
  readonly error?: string;
}

export interface ProblemResult {
  readonly problem: string;
  readonly suite: string;
  readonly macs: number;
  /** Bytes that one run must move at the least. */
  readonly bytes?: number | undefined;
  /** The algorithm of the first convolution or product. */
  readonly algorithm: string;
  /** What wgconv's plan needs at the least: live activations and weights. */
  readonly boundBytes?: number | undefined;
  readonly plannedBytes?: number | undefined;
  readonly rows: readonly EngineRow[];
  /** The whole problem failed: the page crashed, or it took too long. */
  readonly error?: string;
}

export interface Ceiling {
  readonly gflops: number;
  readonly gbps: number;
  /** Microseconds of a dispatch that does nothing, in a pass of a thousand. */
  readonly dispatchMicroseconds: number;
  /** Milliseconds until four bytes are mapped. */
  readonly readbackMilliseconds: number;
  /** GB/s of a readback of 4 MiB, beyond that. */
  readonly readbackGbps: number;
}

export interface ColdRow {
  readonly net: string;
  readonly engine: string;
  readonly version: string;
  readonly role: Role;
  readonly bytes?: number;
  readonly modelBytes?: number;
  readonly requests?: number;
  /** Milliseconds from opening the page. */
  readonly session?: Timing;
  readonly firstResult?: Timing;
  readonly error?: string;
}

export interface Environment {
  readonly adapter: string;
  readonly browser: string;
  readonly ceiling: Ceiling;
  /** Milliseconds between two values of the page's clock. */
  readonly clockStep: number;
  readonly limits: string;
}

export interface BenchResult extends Environment {
  readonly recipe: string;
  readonly host: string;
  readonly date: string;
  readonly machine: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly results: ProblemResult[];
  readonly cold: ColdRow[];
}
