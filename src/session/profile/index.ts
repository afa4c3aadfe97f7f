/**
 * `profile`: the time of each node, the arithmetic and the bytes of it, and what share that is of what
 * the device can do (the roofline: Williams, Waterman, Patterson 2009).
 */

import { bytesPerElement } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { isStatic, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Graph, Node } from '../../graph/graph.ts';
import type { Feeds, OnProgress } from '../backend.ts';
import type { CpuExecutable } from '../cpu.ts';
import type { Compiled, PlannedGraph } from '../plans.ts';
import { reportPlan } from '../report.ts';
import { GpuExecutable } from '../webgpu.ts';
import { profileGpu } from './gpu.ts';
import {
  type How,
  median,
  type NodeProfile,
  type PartTimes,
  type ProfileData,
  type ProfiledPart,
} from './times.ts';
import { chromeTrace, type Trace } from './trace.ts';

export interface ProfileOptions {
  /** How often each node is timed: 10 times on the GPU by default, once on the `cpu` backend. */
  readonly runs?: number | undefined;
  /** Ends it early: `profile` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Profile extends ProfileData {
  /** For Perfetto or `chrome://tracing`; `JSON.stringify` of it is a file that they open. */
  trace(): Trace;
}

/** The times of one part of a model. */
interface Part {
  readonly compiled: Compiled;
  readonly times: PartTimes;
}

/** @throws WgconvError `invalid-argument` where an option is none; the reason of `signal` */
export async function profileModel(
  model: PlannedGraph,
  feeds: Feeds,
  options: ProfileOptions,
  onProgress: OnProgress | undefined,
): Promise<Profile> {
  const { runs, signal } = options;
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) {
    throw new WgconvError(
      'invalid-argument',
      `runs is a whole number from 1, not ${JSON.stringify(runs)}`,
    );
  }
  const parts: Part[] = [];
  const nodes: NodeProfile[] = [];
  let onHost = 0;
  let used = 0;
  const visit = async (compiled: Compiled, partFeeds: Feeds) => {
    const { executable, original } = compiled;
    signal?.throwIfAborted();
    const isGpu = executable instanceof GpuExecutable;
    used = runs ?? (isGpu ? 10 : 1);
    const how = { runs: used, signal, onProgress };
    const { times, outputs } = isGpu
      ? await profileGpu(executable, partFeeds, how)
      : await profileCpu(executable as CpuExecutable, original, partFeeds, how);
    parts.push({ compiled, times });
    nodes.push(...nodesOf(compiled, times));
    return outputs;
  };
  await model.visit(feeds, visit, (report, milliseconds) => {
    onHost += milliseconds;
    nodes.push({ ...report, milliseconds, bytes: 0 });
  });
  const [first] = parts;
  const executable = first?.compiled.executable;
  const caps = executable instanceof GpuExecutable ? executable.context.caps : undefined;
  const sum = (time: (times: PartTimes) => number) =>
    parts.reduce((total, { times }) => total + time(times), onHost);
  const data: ProfileData = {
    backend: caps ? 'webgpu' : 'cpu',
    adapter: caps?.adapter,
    ceiling: caps?.ceiling,
    timing: first?.times.timing ?? 'wall',
    quantised: parts.some(({ times }) => times.quantised),
    runs: used,
    nodes,
    milliseconds: nodes.reduce((total, { milliseconds }) => total + milliseconds, 0),
    ...(first?.times.split !== undefined && { splitMilliseconds: sum(({ split = 0 }) => split) }),
    runMilliseconds: sum(({ run }) => run),
  };
  // Not enumerable: the profile stays plain data for JSON and for messages to other threads.
  return Object.defineProperty(data, 'trace', { value: () => chromeTrace(data) }) as Profile;
}

async function profileCpu(
  executable: CpuExecutable,
  graph: Graph,
  feeds: Feeds,
  { runs, signal }: How,
): Promise<ProfiledPart> {
  const samples = graph.nodes.map((): number[] => []);
  let outputs: ReadonlyMap<string, Tensor> = new Map();
  for (let run = 0; run < runs; run++) {
    outputs = await executable.run(feeds, {}, (node, milliseconds) => {
      signal?.throwIfAborted();
      samples[node]?.push(milliseconds);
    });
  }
  const nodes = samples.map(median);
  const run = nodes.reduce((total, milliseconds) => total + milliseconds, 0);
  return { times: { timing: 'wall', quantised: false, nodes, run }, outputs };
}

/** The nodes of a plan with their times and rates. */
function nodesOf({ executable, original }: Compiled, times: PartTimes): NodeProfile[] {
  const gpu = executable instanceof GpuExecutable ? executable : undefined;
  const graph = gpu?.plan.graph ?? original;
  return reportPlan(original, executable).nodes.map((report, index): NodeProfile => {
    const milliseconds = times.nodes[index] ?? 0;
    const bytes = bytesOf(graph.nodes[index] as Node, graph, gpu);
    if (milliseconds === 0) return { ...report, milliseconds, bytes };
    const gbps = bytes / milliseconds / 1e6;
    const gflops = report.macs > 0 ? (2 * report.macs) / milliseconds / 1e6 : undefined;
    const ceiling = report.runsOn === 'gpu' ? gpu?.context.caps.ceiling : undefined;
    const share = ceiling && Math.max((gflops ?? 0) / ceiling.gflops, gbps / ceiling.gbps);
    return { ...report, milliseconds, bytes, gflops, gbps, share };
  });
}

function bytesOf({ inputs, outputs }: Node, graph: Graph, gpu: GpuExecutable | undefined): number {
  let bytes = 0;
  for (const name of new Set([...inputs, ...outputs])) {
    const type = graph.types.get(name) ?? graph.constants.get(name);
    const dense = type && isStatic(type) ? sizeOf(type.dims) * bytesPerElement(type.type) : 0;
    bytes += gpu?.plan.values.get(name)?.bytes ?? dense;
  }
  return bytes;
}
