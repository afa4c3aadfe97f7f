/**
 * What the commands ask of a session, wherever it lives: in this process (`cpu`), or in a page of
 * the browser (`webgpu`). Arguments and results are plain data, so that they can go to a page.
 */

import type { TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { ExternalData } from '../formats/onnx/index.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { ValueInfo } from '../graph/graph.ts';
import type { OnProgress } from '../session/backend.ts';
import type { ProfileOptions } from '../session/profile/index.ts';
import type { ProfileData } from '../session/profile/times.ts';
import type { SessionReport } from '../session/report.ts';
import type { TunedProblem, Tuning } from '../session/tune/tuning.ts';
import type { VerifyReport } from '../session/verify.ts';

export type Backend = 'webgpu' | 'cpu';

export interface EngineOptions {
  readonly backend: Backend;
  readonly compatibilityLimits?: boolean | undefined;
}

/** A model's bytes, and those of the files of weights beside it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly externalData: readonly ExternalData[];
}

export interface ModelOptions {
  readonly algorithm?: string | undefined;
  /** Replace every floating-point weight by seeded values. */
  readonly randomWeights?: number | undefined;
  readonly tune?: 'full' | undefined;
  /** What was kept of earlier tuning, from wherever it comes. */
  readonly tuning?: unknown;
}

export interface TuningResult {
  /** What was timed for the plan. */
  readonly problems: readonly TunedProblem[];
  /** All choices, those that were given too. */
  readonly tuning: Tuning;
}

export interface NamedTensor extends HostTensor {
  readonly name: string;
}

export interface ModelFacts {
  readonly inputs: readonly ValueInfo[];
  /** With types as far as they follow from the model, before its inputs have sizes. */
  readonly outputs: readonly ({ readonly name: string } & Partial<TensorType>)[];
}

export interface RunResult {
  readonly outputs: readonly NamedTensor[];
  /** From the feeds in host memory to the outputs in host memory. */
  readonly milliseconds: number;
}

/**
 * Where a model's nodes ran. `host`: not one of them on the GPU; `mixed`: some of them. Views (Reshape)
 * are on the GPU, where they are other dims of the same memory.
 */
export type RanOn = 'gpu' | 'host' | 'mixed' | 'cpu';

export interface CaseResult {
  /** For each data set, the outputs in the model's order. */
  readonly outputs: readonly (readonly NamedTensor[])[];
  readonly ranOn: RanOn;
}

/** One input file of a test case; its place counts where its name is no input's. */
export type CaseInputs = readonly NamedTensor[];

export interface Engine {
  /** Answers what the device is; undefined on the cpu backend. */
  device(): Promise<DeviceCaps | undefined>;
  /** Reads a model, in place of the one before. */
  open(model: ModelFile, options: ModelOptions): Promise<ModelFacts>;
  /** Plans the open model for the shapes of its inputs. */
  prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<SessionReport>;
  /** What tuning found for the plan. */
  tuning(): Promise<TuningResult>;
  run(feeds: readonly NamedTensor[]): Promise<RunResult>;
  verify(feeds: readonly NamedTensor[]): Promise<VerifyReport>;
  profile(feeds: readonly NamedTensor[], options: ProfileOptions): Promise<ProfileData>;
  /** Opens a model, runs it on every data set, and closes it. */
  runCase(
    model: ModelFile,
    sets: readonly CaseInputs[],
    options: ModelOptions,
  ): Promise<CaseResult>;
  close(): Promise<void>;
}

/** Methods that can be called across to a page. */
export const remoteMethods = [
  ...(['device', 'open', 'prepare', 'tuning', 'run', 'verify', 'profile', 'runCase'] as const),
] as const;

export type RemoteMethod = (typeof remoteMethods)[number];

export type { OnProgress };
