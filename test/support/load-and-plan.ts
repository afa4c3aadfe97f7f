/** A model through everything that happens before a run, without a device. */

import { readModel } from '../../src/formats/read-model.ts';
import { compatibilityCaps, type DeviceCaps } from '../../src/gpu/caps.ts';
import type { PreparedGraph } from '../../src/passes/index.ts';
import { optimise, prepare } from '../../src/passes/index.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { encodeModel, type ModelInput } from './onnx-writer.ts';

/** Symbolic sizes are 1. */
export async function loadAndPlan(
  model: ModelInput,
  caps: DeviceCaps = compatibilityCaps,
): Promise<PreparedGraph & { readonly plan: Plan }> {
  const graph = await optimise(await readModel(encodeModel(model)));
  const shapes = graph.inputs.map(({ name, dims }): [string, number[]] => [
    name,
    dims.map((dim) => (typeof dim === 'number' ? dim : 1)),
  ]);
  const { original, prepared } = await prepare(graph, Object.fromEntries(shapes));
  return { original, prepared, plan: await createPlan(prepared, caps, { original }) };
}
