/** One model through everything that happens before a run: read, passes, shapes, plan. */

import { WgconvError } from '../../../src/core/errors.ts';
import { isStatic } from '../../../src/core/shape.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { operatorsIn } from '../../../src/formats/onnx/index.ts';
import { readModel } from '../../../src/formats/read-model.ts';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { printGraph } from '../../../src/graph/print.ts';
import { parseSafetensors } from '../../../src/layers/safetensors.ts';
import { optimise, prepare, shapeInputs } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import { planGraph } from '../../../src/session/plan-graph.ts';
import { tensorOf } from '../../support/random.ts';
import { weightsFile } from './bases.ts';
import type { Chance } from './chance.ts';
import { shards } from './keras-models.ts';
import { isKnownVariant } from './known-variants.ts';
import type { Mutant } from './mutants.ts';

/** How far a model came, or why not. */
export interface Outcome {
  /** Code of the error, or how far the model came without one. */
  readonly kind: string;
  /** What is wrong with wgconv, in words; undefined where nothing is. */
  readonly defect?: string | undefined;
}

/** What wgconv may say of a file. The other codes speak of the caller, of the device, of wgconv itself. */
const modelCodes: readonly string[] = [
  ...['invalid-model', 'unsupported-operator', 'unsupported-type', 'invalid-attribute'],
  ...['invalid-shape', 'wrong-type', 'wrong-shape', 'limit-exceeded'],
];

/** `invalid-argument` is an index out of range, which a run may be fed as well: it names its node. */
export function isOfModel(error: unknown): boolean {
  if (!(error instanceof WgconvError)) return false;
  const { code, node } = error;
  return modelCodes.includes(code) || (code === 'invalid-argument' && node !== undefined);
}

const { limits } = compatibilityCaps;
const large = { ...limits, bufferBytes: 2 ** 31, storageBindingBytes: 2 ** 31 };
const gpu: DeviceCaps = {
  ...compatibilityCaps,
  ...{
    f16: true,
    subgroups: true,
    subgroupSize: 32,
    packedDot: true,
    subgroupMatrix: ['f32', 'f16'],
  },
  limits: {
    ...large,
    invocationsPerWorkgroup: 1024,
    workgroupBytes: 32768,
    loopIterations: 2 ** 32 - 1,
  },
};

/** As real GPUs have them, the least that WebGPU allows, and an adapter that computes on the CPU. */
export const devices: readonly DeviceCaps[] = [
  ...[gpu, compatibilityCaps],
  { ...compatibilityCaps, software: true, limits: large },
];

export async function attempt(mutant: Mutant, chance: Chance): Promise<Outcome> {
  try {
    return { kind: await load(mutant, chance) };
  } catch (error) {
    if (error instanceof WgconvError && isOfModel(error)) return { kind: error.code };
    const code = error instanceof WgconvError ? error.code : undefined;
    return { kind: code ?? 'untyped', defect: describe(error) };
  }
}

async function load({ kind, bytes }: Mutant, chance: Chance): Promise<string> {
  if (kind === 'safetensors') {
    parseSafetensors(bytes);
    return 'read';
  }
  operatorsIn(bytes.subarray(0, chance.int(bytes.length + 1)));
  const model = await readModel(bytes, { files: [weightsFile, ...shards] });
  const graph = await optimise(model);
  printGraph(graph);
  return planFor(graph, chance);
}

async function planFor(graph: Graph, chance: Chance): Promise<string> {
  const shapes = shapesFor(graph, chance);
  const planned = await planGraph(graph, { backend: 'cpu' }, undefined);
  if (!('graph' in planned)) {
    await planned.compile(shapes);
    return 'planned in stages';
  }
  const values = valuesFor(graph, shapes, chance);
  const { original, prepared } = await prepare(graph, Object.fromEntries(shapes), { values });
  const plan = await createPlan(prepared, chance.of(devices), { original });
  for (const step of plan.steps) {
    if (step.kind !== 'dispatch') continue;
    const { kernel, variant } = step.dispatch;
    if (isKnownVariant(step.dispatch)) continue;
    throw new Error(`${kernel.name} has no variant ${JSON.stringify(variant)}`);
  }
  return 'planned';
}

/** Every symbol is a small size, now and then none or a large one. */
function shapesFor({ inputs }: Graph, chance: Chance): Map<string, readonly number[]> {
  const sizes = new Map<string, number>();
  const sizeFor = (symbol: string): number => {
    const size = sizes.get(symbol) ?? chance.of([1, 1, 2, 3, 7, 16, 0, 1000]);
    sizes.set(symbol, size);
    return size;
  };
  return new Map(
    inputs.map(({ name, dims }) => [
      name,
      dims.map((dim) => (typeof dim === 'number' ? dim : sizeFor(dim))),
    ]),
  );
}

function valuesFor(graph: Graph, shapes: ReadonlyMap<string, readonly number[]>, chance: Chance) {
  const values: Record<string, HostTensor> = {};
  for (const name of shapeInputs(graph)) {
    const input = graph.inputs.find((other) => other.name === name);
    const dims = shapes.get(name) ?? [];
    if (!input || !isStatic({ ...input, dims }) || (dims[0] ?? 1) > 1000) continue;
    const elements = Array.from({ length: dims[0] ?? 1 }, () => chance.of([1, 1, 2, 0, -1, 5]));
    values[name] = tensorOf(dims, elements, input.type);
  }
  return values;
}

/** The message, and where in wgconv it comes from: one defect is counted once. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `${error} was thrown`;
  const place = error.stack?.split('\n').find((line) => /\/(src|shaders)\//.test(line)) ?? '';
  const code = error instanceof WgconvError ? `${error.code}: ` : `${error.name}: `;
  return `${code}${error.message.slice(0, 300)} [${place
    .trim()
    .replace(/^at /, '')
    .replace(/\(?(file:|\/)\S*?\/(src|shaders)\//, '($2/')}]`;
}
