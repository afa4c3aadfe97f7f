/** Runs a plan node by node and reads what each node reads and makes, for checks. */

import { destroy } from '../gpu/memory.ts';
import { nodeOf } from '../plan/lookup.ts';
import type { Step } from '../plan/plan.ts';
import type { Feeds } from './backend.ts';
import { Recorder, readBuffer } from './recorder.ts';
import type { GpuExecutable } from './webgpu.ts';

/** Bytes of values as they lie on the device. */
type Captured = ReadonlyMap<string, Uint8Array>;

/** Hands each node's inputs as they were before it and its outputs as they are after it to `visit`. */
export function replay(executable: GpuExecutable, feeds: Feeds, visit: Visit): Promise<void> {
  // What visits takes its time.
  return executable.alone(() => replayAlone(executable, feeds, visit));
}

type Visit = (node: number, inputs: Captured, outputs: Captured) => Promise<void>;

async function replayAlone(executable: GpuExecutable, feeds: Feeds, visit: Visit): Promise<void> {
  const { plan, context, bindings } = executable;
  const values = await executable.hostFeeds(feeds, executable.readOnHost);
  const recorder = new Recorder(context.device);
  let index = 0;
  while (index < plan.steps.length) {
    const step = plan.steps[index] as Step;
    if (step.kind !== 'dispatch' && step.kind !== 'alias') {
      await executable.perform(step, recorder, values, feeds);
      index++;
      continue;
    }
    const node = nodeOf(plan, step.node);
    const inputs = new Map<string, GPUBuffer>();
    const outputs = new Map<string, GPUBuffer>();
    const work = () => {
      capture(executable, node.inputs, recorder, inputs);
      for (; index < plan.steps.length; index++) {
        const next = plan.steps[index] as Step;
        if (next.kind !== step.kind || next.node !== step.node) break;
        if (next.kind === 'dispatch') {
          recorder.dispatch(bindings.ready(index, new Map()), next.dispatch.workgroups);
        }
      }
      capture(executable, node.outputs, recorder, outputs);
      recorder.flush();
    };
    await context.guard(`what ${node.op} "${node.name}" reads and makes`, work).catch((error) => {
      for (const buffer of [...inputs.values(), ...outputs.values()]) destroy(buffer);
      throw error;
    });
    const [before, after] = await Promise.all([
      collect(executable, inputs),
      collect(executable, outputs),
    ]);
    await visit(step.node, before, after);
  }
  recorder.flush();
}

function capture(
  executable: GpuExecutable,
  names: readonly string[],
  recorder: Recorder,
  captured: Map<string, GPUBuffer>,
): void {
  for (const name of names) {
    const value = executable.plan.values.get(name);
    if (!value || value.buffer.kind === 'weight' || captured.has(name)) continue;
    const buffer = readBuffer(executable.context.device, value.bytes);
    executable.copyTo(name, buffer, recorder);
    captured.set(name, buffer);
  }
}

async function collect(
  { context }: GpuExecutable,
  captured: ReadonlyMap<string, GPUBuffer>,
): Promise<Captured> {
  const result = new Map<string, Uint8Array>();
  try {
    for (const [name, buffer] of captured) {
      await context.race(buffer.mapAsync(GPUMapMode.READ));
      result.set(name, new Uint8Array(buffer.getMappedRange()).slice());
    }
  } finally {
    for (const buffer of captured.values()) destroy(buffer);
  }
  return result;
}
