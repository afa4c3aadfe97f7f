/** What tuning leaves behind, as plain data: it can be kept, shipped with a page, and looked at. */

/** Of IndexedDB. */
export const tuningDatabase = 'wgconv';

/** The fastest algorithm of one problem on one device. */
export interface TunedChoice {
  readonly algorithm: string;
  /** Of the WGSL that ran: another text is another kernel, and the choice is void. */
  readonly shaders: string;
}

export interface Tuning {
  readonly format: 'wgconv-tuning-1';
  /** By device (adapter, limits, features, ceiling, browser), then by problem. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, TunedChoice>>>>;
}

/** Where tuning is kept: a page's IndexedDB by default. */
export interface TuningStore {
  load(): Promise<unknown>;
  save(tuning: Tuning): Promise<void>;
}

/** One timed algorithm. */
export interface TimedCandidate {
  readonly algorithm: string;
  /** Of one run: median and quartiles; left out where it was rejected. */
  readonly milliseconds?: { readonly median: number; readonly low: number; readonly high: number };
  /** Why it may not be chosen: its values are wrong, or it did not run. */
  readonly rejected?: string | undefined;
}

export interface TunedProblem {
  readonly operator: string;
  /** Nodes of the plan that are this problem. */
  readonly nodes: readonly string[];
  readonly problem: string;
  /** The cost model's order. */
  readonly candidates: readonly TimedCandidate[];
  /** What the cost model takes, and what tuning takes. */
  readonly expected: string;
  readonly chosen: string;
  /** The device's clock is so coarse that runs were repeated until many of its steps had passed. */
  readonly quantised: boolean;
}

export const emptyTuning: Tuning = { format: 'wgconv-tuning-1', devices: {} };

/** What is no tuning is not taken for one: a foreign or broken record counts as none. */
export function tuningOf(found: unknown): Tuning | undefined {
  const tuning = found as Partial<Tuning> | undefined | null;
  if (tuning?.format !== 'wgconv-tuning-1' || typeof tuning.devices !== 'object') return undefined;
  const devices = Object.entries(tuning.devices ?? {}).map(([device, choices]) => {
    const sound = Object.entries(choices ?? {}).filter(
      ([, choice]) => typeof choice?.algorithm === 'string' && typeof choice.shaders === 'string',
    );
    return [device, Object.fromEntries(sound)] as const;
  });
  return { format: 'wgconv-tuning-1', devices: Object.fromEntries(devices) };
}

/** The second one's choices stand where both have one. */
export function mergeTuning(first: Tuning, second: Tuning): Tuning {
  const devices: Record<string, Record<string, TunedChoice>> = {};
  for (const tuning of [first, second]) {
    for (const [device, choices] of Object.entries(tuning.devices)) {
      devices[device] = { ...devices[device], ...choices };
    }
  }
  return { ...emptyTuning, devices };
}
