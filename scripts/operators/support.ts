/**
 * What wgconv does with each operator, found by asking it: random nodes of the operator, in every
 * element type that ONNX allows, are planned for the GPU and computed on the cpu backend.
 */

import { type DataType, isBigInt } from '../../src/core/dtype.ts';
import { WgconvError } from '../../src/core/errors.ts';
import { fromReference, toReference } from '../../src/core/reference.ts';
import { elementsOf, type HostTensor, Tensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { compatibilityCaps, type DeviceCaps } from '../../src/gpu/caps.ts';
import { loadOperators, operatorNames } from '../../src/ops/index.ts';
import { type DisabledPass, optimise, prepare, shapeInputs } from '../../src/passes/index.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import { InferenceSession } from '../../src/session/session.ts';
import type { FuzzCase, Value } from '../../test/fuzz/draft.ts';
import { caseOf } from '../../test/fuzz/recipe.ts';
import { encodeModel } from '../../test/support/onnx-writer.ts';
import { generator, uniform } from '../../test/support/random.ts';
import { onnxSchemas } from './onnx-schemas.ts';

export interface OperatorSupport {
  readonly name: string;
  /** Computed by kernels on the GPU. */
  readonly gpu: readonly DataType[];
  /** Computed on the host by the webgpu backend. */
  readonly host: readonly DataType[];
  readonly cpu: readonly DataType[];
  /** Families of algorithms that lowering offers, in its order. */
  readonly algorithms: readonly string[];
  /** No kernel at all: the output shares its input's memory. */
  readonly view: boolean;
  /** No example could be made: nothing was asked. */
  readonly unasked: boolean;
}

/** A GPU with all that WebGPU has, as far as planning asks. */
const fullCaps: DeviceCaps = {
  ...compatibilityCaps,
  ...{ f16: true, subgroups: true, subgroupSize: 32 },
  limits: {
    ...compatibilityCaps.limits,
    ...{ storageBuffersPerStage: 10, invocationsPerWorkgroup: 256, loopIterations: 2 ** 32 - 1 },
  },
};

/** The operator is looked at alone: nothing is folded or fused. */
const disable: readonly DisabledPass[] = [
  ...(['fold-constants', 'fold-pads', 'fold-batch-norm', 'fuse-gates'] as const),
  ...(['fuse-epilogue', 'fuse-pointwise', 'fuse-movement'] as const),
];

const examplesPerOperator = 24;
/** Types need few of them; the rest shows algorithms. */
const examplesPerType = 3;

export async function supportOf(name: string): Promise<OperatorSupport> {
  await loadOperators(operatorNames);
  const cases = examples(name);
  const found = { gpu: new Set<DataType>(), host: new Set<DataType>(), cpu: new Set<DataType>() };
  const algorithms = new Set<string>();
  let views = 0;
  for (const one of cases) {
    const planned = await plan(one, name);
    for (const algorithm of planned?.algorithms ?? []) algorithms.add(algorithm);
    if (planned?.home === 'view') views++;
  }
  for (const type of onnxSchemas[name]?.types ?? []) {
    for (const one of cases.slice(0, examplesPerType)) {
      if (found.gpu.has(type) && found.cpu.has(type)) break;
      const retyped = inType(one, name, type);
      if (!retyped) continue;
      const planned = await plan(retyped, name);
      if (planned) found[planned.home === 'host' ? 'host' : 'gpu'].add(type);
      if (!found.cpu.has(type) && (await runs(retyped))) found.cpu.add(type);
    }
  }
  return {
    ...{ name, gpu: [...found.gpu], cpu: [...found.cpu], algorithms: [...algorithms] },
    // What is on the GPU with some attributes and on the host with others is on the GPU.
    host: [...found.host].filter((type) => !found.gpu.has(type)),
    view: algorithms.size === 0 && views > 0,
    unasked: cases.length === 0,
  };
}

/** Small graphs with a node of the operator, of the newest opsets first. */
function examples(name: string): FuzzCase[] {
  const random = generator(1);
  const cases: FuzzCase[] = [];
  for (let attempt = 0; attempt < 4 * examplesPerOperator; attempt++) {
    if (cases.length >= examplesPerOperator) break;
    const number = () => Math.floor(random() * 10_000);
    const steps = [{ family: number(), choices: Array.from({ length: 48 }, number) }];
    const made = caseOf({ steps, opset: [24, 22, 21, 20][attempt % 4] as number, seed: attempt }, [
      name,
    ]);
    if (made?.nodes.at(-1)?.op === name) cases.push(made);
  }
  return name === 'Conv' ? [...cases, ...largerConvolutions()] : cases;
}

/** Winograd and products of pixels are for more channels than random graphs have. */
function largerConvolutions(): FuzzCase[] {
  return (
    [
      [32, 3],
      [256, 3],
      [64, 1],
    ] as const
  ).map(([channels, kernel]) => {
    const x = uniform([1, channels, 14, 14], 1);
    const w = uniform([channels, channels, kernel, kernel], 2);
    const node = {
      op: 'Conv',
      inputs: ['x', 'w'],
      outputs: ['y'],
      attributes: { auto_pad: 'SAME_UPPER' },
    };
    const model = encodeModel({
      ...{ nodes: [node], outputs: ['y'], initializers: { w } },
      inputs: [{ name: 'x', type: x.type, dims: x.dims }],
    });
    const types = new Map<string, Value>();
    const tensors = { feeds: new Map([['x', x]]), constants: new Map([['w', w]]) };
    return { model, opset: 17, nodes: [node], types, ...tensors };
  });
}

/** The same graph with the tensors of the operator's main type parameter in another type. */
function inType(one: FuzzCase, name: string, type: DataType): FuzzCase | undefined {
  const { inputs = [], main = '' } = onnxSchemas[name] ?? {};
  const node = one.nodes.at(-1);
  if (!node) return undefined;
  const isMain = (index: number) => (inputs[index] ?? inputs.at(-1)) === main;
  const changing = new Set(node.inputs.filter((input, index) => input !== '' && isMain(index)));
  const given = (input: string) => one.feeds.has(input) || one.constants.has(input);
  // An input that another node makes: all floats of the graph change.
  const all = [...changing].some((input) => !given(input));
  const changed = ([input, tensor]: readonly [string, HostTensor]) => {
    const isFloat = tensor.type === 'float32';
    return [
      input,
      changing.has(input) || (all && isFloat) ? converted(tensor, type) : tensor,
    ] as const;
  };
  const feeds = new Map([...one.feeds].map(changed));
  const constants = new Map([...one.constants].map(changed));
  const model = encodeModel({
    ...{ opset: one.opset, irVersion: 10, nodes: one.nodes },
    inputs: [...feeds].map(([input, { type: own, dims }]) => ({ name: input, type: own, dims })),
    outputs: node.outputs.map((output) => ({ name: output })),
    initializers: Object.fromEntries(constants),
  });
  return { ...one, model, feeds, constants };
}

function converted(tensor: HostTensor, type: DataType): HostTensor {
  const { value, dims } = toReference(tensor);
  const numbers = Float64Array.from(value as ArrayLike<number | bigint>, Number);
  if (!isBigInt(type)) return fromReference({ type, dims, value: numbers });
  const bigs = BigInt64Array.from(numbers, (x) => BigInt(Math.trunc(x)));
  return fromReference({ type, dims, value: bigs });
}

/** Where the node would run; undefined where wgconv refuses it. */
async function plan({ model, feeds }: FuzzCase, name: string) {
  try {
    const read = await optimise(await readOnnxModel(model), { disable });
    const shapes = Object.fromEntries([...feeds].map(([input, { dims }]) => [input, dims]));
    const values = Object.fromEntries(
      shapeInputs(read).map((input) => [input, feeds.get(input) as HostTensor]),
    );
    const { prepared } = await prepare(read, shapes, { values, disable });
    const { nodes, graph } = await createPlan(prepared, fullCaps);
    const at = graph.nodes.findLastIndex(({ op }) => op === name);
    const node = nodes[at];
    if (!node) return undefined;
    const algorithms = node.candidates.map(({ algorithm }) => algorithm.replace(/\..*$/, ''));
    return { home: node.home, algorithms };
  } catch (error) {
    if (error instanceof WgconvError) return undefined;
    throw error;
  }
}

async function runs({ model, feeds }: FuzzCase): Promise<boolean> {
  try {
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    const tensors = [...feeds].map(([input, tensor]) => [
      input,
      new Tensor(tensor.type, elementsOf(tensor), tensor.dims),
    ]);
    await session.run(Object.fromEntries(tensors));
    await session.dispose();
    return true;
  } catch (error) {
    if (error instanceof WgconvError) return false;
    throw error;
  }
}
