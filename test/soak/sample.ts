/** What was seen of a page over time, and whether it held on to anything. */

import type { PageState } from './page.ts';

export interface Sample extends PageState {
  /** Since the start. */
  readonly seconds: number;
  /** JavaScript heap in use, and memory of array buffers, in bytes. */
  readonly heap: number;
  readonly buffers: number;
  /** Every session but one was disposed, and garbage was collected. */
  readonly atRest: boolean;
}

export interface Summary {
  readonly name: string;
  readonly unit: 'MB' | '';
  readonly start: number;
  readonly peak: number;
  readonly end: number;
  /** undefined where it is as it was. */
  readonly complaint?: string | undefined;
}

export const measures = ['bytes', 'resources', 'groups', 'pipelines', 'heap', 'buffers'] as const;
export type Measure = (typeof measures)[number];

export const names: Readonly<Record<Measure, string>> = {
  bytes: 'GPU memory',
  resources: 'GPU buffers, textures, query sets',
  groups: 'bind groups',
  pipelines: 'pipelines, shader modules, layouts',
  heap: 'JS heap',
  buffers: 'array buffers',
};

/** Which of them are bytes. */
export const inBytes: Readonly<Record<Measure, boolean>> = {
  ...{ bytes: true, heap: true, buffers: true },
  ...{ resources: false, groups: false, pipelines: false },
};

/**
 * What the page may hold more at the end's rests than at the first ones. GPU memory and its objects:
 * nothing. A device keeps the pipelines of all models that it has seen, and plans that a warm-up does
 * not make (values inside, profiles) have some of their own; the heap has the slack of a collector
 * that may come later.
 */
const slack: Readonly<Record<Measure, number>> = {
  ...{ bytes: 0, resources: 0, groups: 0, pipelines: 40 },
  ...{ heap: 3e6, buffers: 2e6 },
};

/** Start and end are the medians of the first and the last quarter of the rests, at least of three. */
export function summarise(samples: readonly Sample[]): Summary[] {
  const rests = samples.filter(({ atRest }) => atRest);
  const quarter = Math.min(rests.length, Math.max(3, Math.ceil(rests.length / 4)));
  return measures.map((measure) => {
    const of = (list: readonly Sample[]) => list.map((sample) => sample[measure]);
    const start = median(of(rests.slice(0, quarter)));
    const end = median(of(rests.slice(-quarter)));
    const peak = Math.max(...of(samples));
    const more = end - start;
    const complaint =
      more > slack[measure]
        ? `${names[measure]} at rest grew by ${inBytes[measure] ? megabytes(more) : more}`
        : undefined;
    return {
      ...{ name: names[measure], unit: inBytes[measure] ? 'MB' : '', start, peak, end },
      ...(complaint && { complaint }),
    };
  });
}

/** Less than a tenth of a megabyte is said in bytes: the smallest leak counts. */
export function megabytes(bytes: number): string {
  if (bytes > 0 && bytes < 1e5) return `${bytes} bytes`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
