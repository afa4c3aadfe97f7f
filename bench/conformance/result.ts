/** What `npm run conformance` finds, as plain data: `docs/conformance.json`. */

export const engineNames = [
  'wgconv webgpu',
  'wgconv cpu',
  'onnxruntime-web webgpu',
  'onnxruntime-web wasm',
  'tfjs webgpu',
] as const;

export type EngineName = (typeof engineNames)[number];

export type Status = 'pass' | 'wrong' | 'error' | 'unsupported';

export interface CaseResult {
  readonly status: Status;
  /** Why it did not pass. */
  readonly reason?: string | undefined;
  /** Where it ran, as far as the engine says so: `gpu`, `host` (some or all of it), `cpu`. */
  readonly ranOn?: string | undefined;
  /** The published value is outside the float64 reference's bound: the reference decided. */
  readonly referenceDecided?: boolean | undefined;
}

export interface CaseFacts {
  readonly name: string;
  readonly family: string;
  /** Operators, attributes and the shapes of the inputs, for a person. */
  readonly what: string;
}

export interface EngineRun {
  readonly name: EngineName;
  readonly version: string;
  readonly date: string;
  readonly recipe: string;
  readonly adapter: string;
  readonly browser: string;
  readonly minutes: number;
}

export interface ConformanceResult {
  readonly engines: readonly EngineRun[];
  readonly cases: readonly (CaseFacts & {
    readonly results: Readonly<Partial<Record<EngineName, CaseResult>>>;
  })[];
}
