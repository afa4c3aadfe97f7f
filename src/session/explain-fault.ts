/** A second, slow look at a run that WebGPU refused: every dispatch by itself, until one is refused. */

import { internal, WgconvError } from '../core/errors.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Plan } from '../plan/plan.ts';
import type { Bindings } from './bindings.ts';
import { Recorder } from './recorder.ts';

/** @param fault what WebGPU said of the whole */
export async function explainFault(
  context: GpuContext,
  plan: Plan,
  bindings: Bindings,
  fault: GPUError,
): Promise<WgconvError> {
  const { device } = context;
  for (const [index, step] of plan.steps.entries()) {
    if (step.kind !== 'dispatch') continue;
    const { kernel, variant, workgroups } = step.dispatch;
    const recorder = new Recorder(device, true);
    recorder.dispatch(bindings.ready(index, new Map()), workgroups);
    recorder.flush();
    const found = await context.race(recorder.fault());
    if (!found) continue;
    const node = plan.graph.nodes[step.node];
    return new WgconvError(
      'internal',
      `WebGPU refused the shader ${kernel.name} (${workgroups.join('×')} workgroups): ${found.message}`,
      { node: node?.name, operator: node?.op, data: { kernel: kernel.name, variant, workgroups } },
    );
  }
  return internal(`WebGPU refused a run: ${fault.message}`);
}
