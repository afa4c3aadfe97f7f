/**
 * Runs one operator every way it offers: each candidate algorithm, each layout, on a real device,
 * against its float64 reference. Iterates over what the operator lists, so that a new kernel is
 * tested without being asked for.
 */

import { unitRoundoff } from '../../src/core/reference.ts';
import type { StaticTensorType, TensorType } from '../../src/core/shape.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import type { GpuContext } from '../../src/gpu/device.ts';
import type { Epilogue, Graph, Layout, Node } from '../../src/graph/graph.ts';
import { buildNode } from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import type { LayoutChoice, NodeFacts } from '../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../src/ops/plain-attributes.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { accuracyOf } from '../../src/session/accuracy.ts';
import { type Comparison, describe as describeComparison } from '../../src/session/compare.ts';
import { References, referenceLookup } from '../../src/session/evaluate.ts';
import { verifyExecutable } from '../../src/session/verify.ts';
import { GpuExecutable } from '../../src/session/webgpu.ts';
import { WeightStore } from '../../src/session/weights.ts';

export interface OperatorCase {
  readonly op: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, PlainAttribute | undefined>>;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  /** Inputs that are constants of the graph (weights, axes); all others are fed. */
  readonly constants?: readonly number[];
  readonly outputCount?: number;
  /** What a pass would fuse: a residual of the output's shape, and an activation operator. */
  readonly residual?: HostTensor;
  readonly activation?: {
    readonly op: string;
    readonly attributes?: Readonly<Record<string, PlainAttribute>>;
    /** Constant inputs after the first, for example Clip's bounds. */
    readonly inputs?: readonly HostTensor[];
  };
  /** The inputs are integers small enough that every order of summation is exact. */
  readonly exact?: boolean;
  /** It is known to run on the host, or to be a view: then it has no algorithm, but a result. */
  readonly offGpu?: boolean;
  /** Runs only algorithms that match, where a file tests some alone. */
  readonly only?: RegExp;
}

/** One way in which a case was computed. */
export interface CaseRun {
  readonly layout: string;
  readonly algorithm: string;
  readonly outputs: readonly Tensor[];
  readonly maxError: number;
}

/**
 * Runs the case every way and throws, naming layout, algorithm, index, values and bound, where one
 * is wrong. Returns what was run; a test asserts that the algorithms it expects are among them.
 */
export async function checkOperator(
  context: GpuContext,
  testCase: OperatorCase,
): Promise<CaseRun[]> {
  const runs: CaseRun[] = [];
  const base = buildCase(testCase);
  const sources = new Set<Layout | undefined>();
  for (const choice of layoutChoices(base)) {
    const newSource = !sources.has(choice.inputs[0]);
    sources.add(choice.inputs[0]);
    const graph = withLayouts(base, choice);
    const at = graph.nodes.findIndex((node) => node.name === nodeName);
    const layout = [...choice.inputs, '→', ...choice.outputs].join(' ');
    const { candidates: listed = [], reason } =
      (await createPlan(graph, context.caps)).nodes[at] ?? {};
    if (listed.length === 0 && !testCase.offGpu && !isEmpty(graph)) {
      throw new Error(`${testCase.op} ${shapes(testCase)} has no algorithm here: ${reason}`);
    }
    const offered = listed.length > 0 ? listed.map(({ algorithm }) => algorithm) : [''];
    const algorithms = offered.filter((algorithm) => testCase.only?.test(algorithm) ?? true);
    for (const algorithm of newSource ? new Set(algorithms) : endsOfFamilies(algorithms)) {
      const forced = algorithm === '' ? {} : { algorithm: { [nodeName]: algorithm } };
      const plan = await createPlan(graph, context.caps, forced);
      if (algorithm !== '' && plan.nodes[at]?.algorithm !== algorithm) {
        throw new Error(`${algorithm} was forced, but ${plan.nodes[at]?.algorithm} was planned`);
      }
      runs.push(await runPlan(context, plan, testCase, layout, algorithm));
    }
  }
  return runs;
}

const nodeName = 'under_test';

/** Nothing is computed for a result without elements. */
function isEmpty({ outputs, types }: Graph): boolean {
  return outputs.every((name) => types.get(name)?.dims.includes(0));
}

/**
 * The first and the last algorithm of each family (`conv_1x1.…`): in another layout of the result a
 * kernel only stores in another way; its tiles and slices were all run with this source.
 */
function endsOfFamilies(algorithms: readonly string[]): Set<string> {
  const family = (algorithm: string) => algorithm.split('.')[0];
  return new Set(
    [algorithms, algorithms.toReversed()].flatMap((list) =>
      list.filter((one, at) => list.findIndex((other) => family(other) === family(one)) === at),
    ),
  );
}

async function runPlan(
  context: GpuContext,
  plan: Plan,
  testCase: OperatorCase,
  layout: string,
  algorithm: string,
): Promise<CaseRun> {
  const weights = new WeightStore(context);
  const executable = await GpuExecutable.create(context, plan, weights);
  const where = `${testCase.op} ${shapes(testCase)} [${layout}] ${algorithm}`;
  try {
    const feeds = new Map(
      plan.graph.inputs.map(({ name }) => {
        const tensor = testCase.inputs[Number(name.slice(1))] ?? testCase.residual;
        if (!tensor) throw new Error(`no tensor for ${name}`);
        return [name, new Tensor(tensor.type, elementsOf(tensor), tensor.dims)];
      }),
    );
    const report = await verifyExecutable(executable, plan.graph, feeds);
    if (report.firstWrong) {
      const { operator, message, output } = report.firstWrong;
      throw new Error(`${where}: ${operator} ${output}: ${message}`);
    }
    if (!report.identicalToRun) throw new Error(`${where}: run() and its replay differ`);
    const checks = report.nodes.filter(({ node }) => node === nodeName);
    let maxError = 0;
    for (const { comparison, output } of checks) {
      if (!comparison) continue;
      maxError = Math.max(maxError, comparison.maxError);
      if (testCase.exact && comparison.maxError > 0 && !mayDiffer(plan, comparison)) {
        throw new Error(`${where}: ${output} must be equal; ${describeComparison(comparison)}`);
      }
    }
    if (!testCase.exact) await checkPrecision(plan, testCase, feeds, checks, where);
    const ran = await executable.run(feeds, {});
    return {
      layout,
      algorithm,
      maxError,
      outputs: plan.graph.outputs.map((name) => ran.get(name) as Tensor),
    };
  } finally {
    executable.dispose();
    weights.dispose();
  }
}

/** F(4×4) has fractions of more digits than its sums keep; Winograd spreads what is not finite. */
function mayDiffer(plan: Plan, { ambiguous }: Comparison): boolean {
  const ways = plan.nodes.map(({ arithmetic }) => arithmetic);
  return ways.includes('winograd_4x4') || (ways.includes('winograd_2x2') && ambiguous > 0);
}

/**
 * How much of the sequential sum's root mean square error an algorithm may have. F(4×4), measured:
 * 6 times with 1 channel, 3.8 with 4, 2.3 with 16, 1.8 with 64.
 */
function precisionFactor(plan: Plan, node: Node): number {
  const winograd = plan.nodes.some(({ arithmetic }) => arithmetic === 'winograd_4x4');
  const channels = plan.graph.types.get(node.inputs[1] ?? '')?.dims[1];
  return winograd && typeof channels === 'number' ? 2 + 6 / Math.sqrt(channels) : 2;
}

/** Numerics' third test: the root mean square error is at most twice the sequential f32 sum's. */
async function checkPrecision(
  plan: Plan,
  testCase: OperatorCase,
  feeds: ReadonlyMap<string, Tensor>,
  checks: Awaited<ReturnType<typeof verifyExecutable>>['nodes'],
  where: string,
): Promise<void> {
  const node = plan.graph.nodes.find(({ name }) => name === nodeName);
  if (!node || testCase.activation || accuracyOf(node, plan.graph) !== 'sum') return;
  const references = new References();
  await references.load([node]);
  const names = new Map(
    node.inputs.map((name) => [name, feeds.get(name.replace(/@.*/, '')) as HostTensor]),
  );
  const present = new Map([...names].filter(([, tensor]) => tensor !== undefined));
  const lookup = referenceLookup(present);
  const exact = references.evaluate(node, plan.graph, lookup);
  const single = references.evaluate(node, plan.graph, lookup, { single: true });
  for (const [index, result] of exact.entries()) {
    const { comparison, output } = checks[index] ?? {};
    if (!comparison || result.value.length < 64) continue;
    let squares = 0;
    let scale = 0;
    result.value.forEach((value, at) => {
      squares += (Number(single[index]?.value[at]) - Number(value)) ** 2;
      scale = Math.max(scale, Math.abs(Number(value)));
    });
    const rms = Math.sqrt(squares / result.value.length);
    // A single rounding of the result is always allowed.
    const stored = unitRoundoff(plan.graph.types.get(output ?? '')?.type ?? 'float32');
    if (comparison.rmsError > precisionFactor(plan, node) * rms + scale * stored) {
      throw new Error(
        `${where}: ${output}: rms error ${comparison.rmsError}, sequential f32 ${rms}`,
      );
    }
  }
}

function shapes(testCase: OperatorCase): string {
  return testCase.inputs.map((tensor) => (tensor ? `[${tensor.dims}]` : '-')).join(' ');
}

/** A graph of the node alone (or the node as a fusion would leave it), everything linear. */
export function buildCase(testCase: OperatorCase): Graph {
  const { op, opset, attributes = {}, inputs, constants = [], outputCount = 1 } = testCase;
  const types = new Map<string, TensorType>();
  const constantTensors = new Map<string, HostTensor>();
  const graphInputs: { name: string; type: HostTensor['type']; dims: readonly number[] }[] = [];
  const names = inputs.map((tensor, index) => {
    if (!tensor) return '';
    const name = `x${index}`;
    types.set(name, { type: tensor.type, dims: tensor.dims });
    if (constants.includes(index)) constantTensors.set(name, tensor);
    else graphInputs.push({ name, type: tensor.type, dims: tensor.dims });
    return name;
  });
  const outputs = Array.from({ length: outputCount }, (_, index) => `y${index}`);
  const plain = buildNode({
    name: nodeName,
    op,
    inputs: names,
    outputs,
    attributes: attributeValues(attributes),
    ...(opset === undefined ? {} : { opset }),
  });
  const operator = findOperator(op);
  if (!operator) throw new Error(`no operator ${op}`);
  const hostValue = (index: number) =>
    constantTensors.get(names[index] ?? '') ??
    (operator.traits.hostInputs?.includes(index) ? inputs[index] : undefined);
  const inferred = operator.infer(
    names.map((name) => types.get(name)),
    plain.attributes,
    hostValue,
  );
  for (const [index, name] of outputs.entries()) types.set(name, inferred[index] as TensorType);
  const node = fuse(testCase, plain, types, constantTensors, graphInputs);
  return {
    name: `${op} case`,
    inputs: graphInputs,
    outputs,
    nodes: [node],
    constants: constantTensors,
    types,
  };
}

/** The node with its epilogue and originals, as the fusion pass would make it. */
function fuse(
  testCase: OperatorCase,
  plain: Node,
  types: Map<string, TensorType>,
  constants: Map<string, HostTensor>,
  graphInputs: { name: string; type: HostTensor['type']; dims: readonly number[] }[],
): Node {
  const { residual, activation } = testCase;
  if (!residual && !activation) return plain;
  const output = plain.outputs[0] as string;
  const type = types.get(output) as StaticTensorType;
  const origin: Node[] = [];
  let current = 'fused0';
  origin.push({ ...plain, name: 'original', outputs: [current] });
  types.set(current, type);
  let inputs = plain.inputs;
  let epilogue: Epilogue = {};
  if (residual) {
    const name = `r${plain.inputs.length}`;
    graphInputs.push({ name, type: residual.type, dims: residual.dims });
    types.set(name, { type: residual.type, dims: residual.dims });
    // Optional inputs that are absent keep their places.
    inputs = [...inputs, name];
    epilogue = { ...epilogue, residual: inputs.length - 1 };
    const next = activation ? 'fused1' : output;
    origin.push(buildNode({ name: 'add', op: 'Add', inputs: [current, name], outputs: [next] }));
    types.set(next, type);
    current = next;
  }
  if (activation) {
    const extra = (activation.inputs ?? []).map((tensor, index) => {
      const name = `activation${index}`;
      constants.set(name, tensor);
      types.set(name, { type: tensor.type, dims: tensor.dims });
      return name;
    });
    const step = buildNode({
      name: 'activate',
      op: activation.op,
      inputs: [current, ...extra],
      outputs: [output],
      attributes: attributeValues(activation.attributes ?? {}),
    });
    const facts: NodeFacts = {
      attributes: step.attributes,
      inputs: step.inputs.map((name) => types.get(name)),
      outputs: [type],
      constant: (index) => constants.get(step.inputs[index] ?? ''),
    };
    const taken = findOperator(activation.op)?.traits.asEpilogue?.(facts);
    if (taken?.kind !== 'activation') throw new Error(`${activation.op} is no fusable activation`);
    epilogue = { ...epilogue, activation: taken.activation };
    origin.push(step);
  }
  return { ...plain, inputs, epilogue, origin };
}

function layoutChoices(graph: Graph): readonly LayoutChoice[] {
  const node = graph.nodes[0] as Node;
  const operator = findOperator(node.op);
  const linear = (names: readonly string[]): Layout[] => names.map(() => 'linear');
  return (
    operator?.traits.layouts?.({
      attributes: node.attributes,
      inputs: node.inputs.map((name) => graph.types.get(name)),
      outputs: node.outputs.map((name) => graph.types.get(name) as TensorType),
      constant: (index) => graph.constants.get(node.inputs[index] ?? ''),
    }) ?? [{ inputs: linear(node.inputs), outputs: linear(node.outputs) }]
  );
}

/** Inserts conversions around the node so that it sees the layouts of the choice. */
function withLayouts(graph: Graph, choice: LayoutChoice): Graph {
  const node = graph.nodes[0] as Node;
  const types = new Map(graph.types);
  const layouts = new Map<string, Layout>();
  const before: Node[] = [];
  const after: Node[] = [];
  const convert = (from: string, to: string, layout: Layout) =>
    buildNode({
      name: `to ${layout} ${from}`,
      op: 'wgconv.ConvertLayout',
      inputs: [from],
      outputs: [to],
      attributes: attributeValues({ to: layout }),
    });
  // A residual comes after the operator's own inputs and lies as the output does.
  const inputLayout = (index: number) =>
    index === node.epilogue?.residual ? choice.outputs[0] : choice.inputs[index];
  const inputs = node.inputs.map((name, index) => {
    if (name === '' || inputLayout(index) !== 'c4') return name;
    const converted = `${name}@c4`;
    types.set(converted, types.get(name) as TensorType);
    layouts.set(converted, 'c4');
    if (!before.some(({ outputs }) => outputs[0] === converted)) {
      before.push(convert(name, converted, 'c4'));
    }
    return converted;
  });
  const outputs = node.outputs.map((name, index) => {
    if (choice.outputs[index] !== 'c4') return name;
    const own = `${name}@c4`;
    types.set(own, types.get(name) as TensorType);
    layouts.set(own, 'c4');
    after.push(convert(own, name, 'linear'));
    return own;
  });
  // The originals keep their names; their first inputs must be found under the converted ones.
  const renamed = new Map(node.inputs.map((name, index) => [name, inputs[index] as string]));
  const origin = node.origin?.map((original) => ({
    ...original,
    inputs: original.inputs.map((name) => renamed.get(name) ?? name),
    outputs: original.outputs.map((name) => {
      const at = node.outputs.indexOf(name);
      return at < 0 ? name : (outputs[at] as string);
    }),
  }));
  return {
    ...graph,
    types,
    layouts,
    nodes: [...before, { ...node, inputs, outputs, ...(origin && { origin }) }, ...after],
  };
}
