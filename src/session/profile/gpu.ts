/**
 * Times the nodes of a plan on the GPU: with timestamps around a pass for each node, in the order and
 * with the data of a run; where the device has none, each node by itself, repeated until the end of
 * the queue can be timed.
 */

import { pausesOf } from '../../plan/pauses.ts';
import type { Plan, Step } from '../../plan/plan.ts';
import type { Feeds } from '../backend.ts';
import { Recorder } from '../recorder.ts';
import { PassTimer } from '../tune/pass-timer.ts';
import { Stopwatch, workOf } from '../tune/stopwatch.ts';
import type { GpuExecutable } from '../webgpu.ts';
import { type How, mean, median, type PartTimes, type ProfiledPart } from './times.ts';

/** Without timestamps a node is repeated for 20 ms or more each time. */
const mostEstimates = 3;

export async function profileGpu(
  executable: GpuExecutable,
  feeds: Feeds,
  how: How,
): Promise<ProfiledPart> {
  const timed = executable.context.caps.timestamps ? byTimestamps : byQueue;
  const times = await executable.alone(() => timed(executable, feeds, how));
  return { times, outputs: await executable.run(feeds, { location: 'gpu-buffer' }) };
}

async function byTimestamps(
  executable: GpuExecutable,
  feeds: Feeds,
  { runs, signal, onProgress }: How,
): Promise<PartTimes> {
  const { plan, context } = executable;
  const split = passesOf(plan, (step, before) => step.node === before.node);
  const whole = passesOf(plan, () => true);
  const timer = await context.guard(
    'the timestamps of a profile',
    () => new PassTimer(context, Math.max(split.length, whole.length)),
  );
  try {
    const splits: { readonly times: readonly number[]; readonly span: number }[] = [];
    const wholes: number[] = [];
    // The first run is the driver's own compilation and the memory's first use.
    for (let run = -1; run < runs; run++) {
      signal?.throwIfAborted();
      const parts = await timedRun(executable, feeds, split, timer);
      const all = await timedRun(executable, feeds, whole, timer);
      onProgress?.({ stage: 'profile', done: run + 1, total: runs });
      if (run < 0) continue;
      const times = plan.graph.nodes.map(() => 0);
      split.forEach(({ node }, pass) => {
        times[node] = (times[node] ?? 0) + (parts.passes[pass] ?? 0);
      });
      for (const [node, milliseconds] of parts.hosts) times[node] = milliseconds;
      splits.push({ times, span: parts.span });
      wholes.push(all.span);
    }
    const { quantised } = timer;
    if (quantised) {
      const nodes = plan.graph.nodes.map((_, node) =>
        mean(splits.map(({ times }) => times[node] ?? 0)),
      );
      const split = mean(splits.map(({ span }) => span));
      return { timing: 'timestamps', quantised, nodes, split, run: mean(wholes) };
    }
    // One run that happened: medians of each node add up to less than any run beside other work.
    const { times = [], span = 0 } =
      splits.toSorted((a, b) => a.span - b.span)[Math.floor((runs - 1) / 2)] ?? {};
    return { timing: 'timestamps', quantised, nodes: times, split: span, run: median(wholes) };
  } finally {
    timer.dispose();
  }
}

/** Consecutive dispatches that are timed together. */
interface Pass {
  readonly node: number;
  readonly first: number;
  readonly count: number;
}

type DispatchStep = Extract<Step, { kind: 'dispatch' }>;

/** A pass goes on as long as the steps are dispatches that belong together, to the next pause. */
function passesOf(
  plan: Plan,
  together: (step: DispatchStep, before: DispatchStep) => boolean,
): Pass[] {
  const pauses = pausesOf(plan);
  const passes: { node: number; first: number; count: number }[] = [];
  let before: Step | undefined;
  for (const [index, step] of plan.steps.entries()) {
    if (step.kind === 'dispatch') {
      const last = passes.at(-1);
      const goesOn = before?.kind === 'dispatch' && together(step, before) && !pauses.has(index);
      if (last && goesOn) last.count++;
      else passes.push({ node: step.node, first: index, count: 1 });
    }
    before = step;
  }
  return passes;
}

interface TimedRun {
  /** Milliseconds by pass. */
  readonly passes: readonly number[];
  /** Milliseconds of host nodes, by the wall clock. */
  readonly hosts: ReadonlyMap<number, number>;
  /** From the first pass's beginning to the last one's end, and the host nodes of no pass. */
  readonly span: number;
}

async function timedRun(
  executable: GpuExecutable,
  feeds: Feeds,
  passes: readonly Pass[],
  timer: PassTimer,
): Promise<TimedRun> {
  const { plan, context, bindings } = executable;
  const { device } = context;
  const values = await executable.hostFeeds(feeds, executable.readOnHost);
  const recorder = new Recorder(device);
  const hosts = new Map<number, number>();
  const pauses = pausesOf(plan);
  let encoder: GPUCommandEncoder | undefined;
  const submit = () => {
    if (encoder) device.queue.submit([encoder.finish()]);
    encoder = undefined;
  };
  let next = 0;
  for (const [index, step] of plan.steps.entries()) {
    const pass = passes[next];
    if (step.kind !== 'dispatch') {
      submit();
      const begin = performance.now();
      await executable.perform(step, recorder, values, feeds);
      recorder.flush();
      if (step.kind === 'host') hosts.set(step.node, performance.now() - begin);
    } else if (pass?.first === index) {
      if (pauses.has(index)) submit();
      encoder ??= device.createCommandEncoder();
      const computing = encoder.beginComputePass({ timestampWrites: timer.around(next) });
      for (let at = index; at < index + pass.count; at++) {
        const { pipeline, group } = bindings.ready(at, new Map());
        computing.setPipeline(pipeline);
        computing.setBindGroup(0, group);
        computing.dispatchWorkgroups(...(plan.steps[at] as DispatchStep).dispatch.workgroups);
      }
      computing.end();
      next++;
    }
  }
  submit();
  const times = await timer.read(passes.length);
  const [first, last] = [times[0], times.at(-1)];
  const host = [...hosts.values()].reduce((sum, milliseconds) => sum + milliseconds, 0);
  // Beside a host node the GPU waits, for copies too: there the passes are what counts.
  const computed = times.map(([begin, end]) => milliseconds(begin, end));
  const span =
    hosts.size === 0 && first && last
      ? milliseconds(first[0], last[1])
      : computed.reduce((sum, time) => sum + time, host);
  return { passes: computed, hosts, span };
}

/** Chrome may answer with clocks of no order when the GPU changed its speed. */
function milliseconds(begin: bigint, end: bigint): number {
  return Math.max(0, Number(end - begin)) / 1e6;
}

async function byQueue(
  executable: GpuExecutable,
  feeds: Feeds,
  { runs, signal, onProgress }: How,
): Promise<PartTimes> {
  const { plan, context } = executable;
  const { device } = context;
  const total = plan.graph.nodes.length;
  const hosts = plan.graph.nodes.map((): number[] => []);
  const wholes: number[] = [];
  for (let run = -1; run < runs; run++) {
    signal?.throwIfAborted();
    const values = await executable.hostFeeds(feeds, executable.readOnHost);
    const recorder = new Recorder(device);
    const begin = performance.now();
    let spent = 0;
    for (const [index, step] of plan.steps.entries()) {
      if (step.kind === 'dispatch') {
        const { workgroups } = step.dispatch;
        recorder.dispatch(executable.bindings.ready(index, new Map()), workgroups);
        continue;
      }
      const before = performance.now();
      await executable.perform(step, recorder, values, feeds);
      recorder.flush();
      const after = performance.now();
      if (step.kind === 'host') hosts[step.node]?.push(after - before);
      else spent += after - before;
    }
    recorder.flush();
    await context.hasten(device.queue.onSubmittedWorkDone());
    if (run >= 0) wholes.push(performance.now() - begin - spent);
  }
  const watch = new Stopwatch(context);
  try {
    const nodes: number[] = [];
    for (let node = 0; node < total; node++) {
      const work = workOf(executable, node);
      const samples = [...(hosts[node] ?? [])];
      if (work.dispatches.length > 0) {
        const repeats = await watch.repeats(work);
        for (let run = 0; run < Math.min(runs, mostEstimates); run++) {
          signal?.throwIfAborted();
          samples.push((await watch.seconds(work, repeats)) * 1000);
        }
      }
      nodes.push(median(samples));
      onProgress?.({ stage: 'profile', done: node + 1, total });
    }
    return { timing: 'estimated', quantised: false, nodes, run: median(wholes) };
  } finally {
    watch.dispose();
  }
}
