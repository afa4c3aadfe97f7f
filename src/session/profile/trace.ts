/**
 * A profile as a file for trace viewers (Perfetto, `chrome://tracing`), in the Trace Event Format:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

import type { NodeProfile, ProfileData } from './times.ts';

/** A span of time (`X`), or the name of a process or thread (`M`). Times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, unknown>>;
  readonly traceEvents: readonly TraceEvent[];
}

const process = 1;
const threads = { gpu: 1, host: 2, cpu: 2 } as const;

/** One run: the nodes that take time, one after another, on a track for where they run. */
export function chromeTrace(profile: ProfileData): Trace {
  const { nodes, adapter, timing, quantised, runs, runMilliseconds, splitMilliseconds } = profile;
  const events: TraceEvent[] = [
    named('process_name', 0, 'wgconv'),
    named('thread_name', threads.gpu, 'GPU'),
    named('thread_name', threads.host, 'host'),
  ];
  // Chrome's DevTools take a time of 0 for none.
  let begin = 1;
  for (const node of nodes) {
    if (node.milliseconds === 0) continue;
    events.push({
      name: node.name,
      cat: node.operator,
      ph: 'X',
      pid: process,
      tid: node.runsOn === 'gpu' ? threads.gpu : threads.host,
      ts: begin,
      dur: node.milliseconds * 1000,
      args: argumentsOf(node),
    });
    begin += node.milliseconds * 1000;
  }
  return {
    displayTimeUnit: 'ms',
    otherData: { adapter, timing, quantised, runs, runMilliseconds, splitMilliseconds },
    traceEvents: events,
  };
}

function named(name: 'process_name' | 'thread_name', tid: number, value: string): TraceEvent {
  return { name, ph: 'M', pid: process, tid, args: { name: value } };
}

function argumentsOf(node: NodeProfile): Readonly<Record<string, unknown>> {
  const { operator, algorithm, originals, outputs, macs, bytes, gflops, gbps, share } = node;
  const shapes = outputs.map(({ type, dims }) => `${type}[${dims.join(',')}]`);
  return { operator, algorithm, originals, outputs: shapes, macs, bytes, gflops, gbps, share };
}
