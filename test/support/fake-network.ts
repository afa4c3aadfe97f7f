/**
 * A few operators with real arithmetic on [N, C] and [N, C, H, W] tensors, simple enough to check
 * by eye, and an evaluator for graphs of them: what a pass is tested with.
 */

import { fromReference, type ReferenceTensor, toReference } from '../../src/core/reference.ts';
import { type Dim, sizeOf, type TensorType } from '../../src/core/shape.ts';
import { elementsOf, type HostTensor, hostTensor, integersOf } from '../../src/core/tensor.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import type { Graph, Node } from '../../src/graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../../src/ops/build-node.ts';
import { c4OrLinear } from '../../src/ops/layouts.ts';
import type { NodeFacts } from '../../src/ops/operator.ts';
import { fakeOperator, lookupOf } from './fake-operators.ts';

const numbers = (tensor: ReferenceTensor | undefined) => tensor?.value as Float64Array;

/** y[n, m, …] = Σ_k w[m, k] · x[n, k, …] + b[m] */
const dense = fakeOperator({
  type: 'Dense',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  infer: ([x, w]) => {
    const [batch, , ...rest] = x?.dims ?? [];
    return [{ type: 'float32', dims: [batch as Dim, w?.dims[0] as Dim, ...rest] }];
  },
  accuracy: 'sum',
  traits: {
    linear: () => ({ weight: 1, bias: 2, axis: 0 }),
    epilogue: ['residual', 'activation'],
    layouts: () => [{ inputs: ['c4', 'linear', 'linear', 'c4'], outputs: ['c4'] }],
  },
  reference: async () => (inputs, _, context) => {
    const [x, w, b] = inputs.map(numbers) as [Float64Array, Float64Array, Float64Array?];
    const [batch = 1, channels = 1, ...rest] = inputs[0]?.dims ?? [];
    const [outChannels = 1] = inputs[1]?.dims ?? [];
    const pixels = sizeOf(rest);
    const value = new Float64Array(sizeOf(context.outputs[0]?.dims ?? []));
    for (let n = 0; n < batch; n++) {
      for (let m = 0; m < outChannels; m++) {
        for (let p = 0; p < pixels; p++) {
          let sum = b?.[m] ?? 0;
          for (let k = 0; k < channels; k++) {
            sum += (w[m * channels + k] as number) * (x[(n * channels + k) * pixels + p] as number);
          }
          value[(n * outChannels + m) * pixels + p] = sum;
        }
      }
    }
    return [{ value }];
  },
});

/** Input 0 and the index of a constant that holds one value for each channel. */
function channelValues(facts: NodeFacts, index: number): Float64Array | undefined {
  const tensor = facts.constant(index);
  const channels = facts.outputs[0]?.dims[1];
  const values = tensor && Float64Array.from(elementsOf(tensor) as Float32Array);
  return values && values.length === channels ? values : undefined;
}

/** y = scale[c] · x + shift[c]; can take another such map into its own. */
const norm = fakeOperator({
  type: 'Norm',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  traits: {
    affine(facts) {
      const [scale, shift] = [channelValues(facts, 1), channelValues(facts, 2)];
      return scale && shift && { input: 0, scale, shift };
    },
    absorbsAffine: () => ({ weight: 1, bias: 2, axis: 0 }),
    parameterRoles: { 1: 'scale', 2: 'shift' },
    epilogue: ['activation'],
  },
  reference:
    async () =>
    ([x, scale, shift]) => {
      const [, channels = 1, ...rest] = x?.dims ?? [];
      const pixels = sizeOf(rest);
      const value = numbers(x).map((v, i) => {
        const c = Math.floor(i / pixels) % channels;
        return v * (numbers(scale)[c] as number) + (numbers(shift)[c] as number);
      });
      return [{ value }];
    },
});

/** x · k[c] with a constant of one value for each channel. */
const times = fakeOperator({
  type: 'Times',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  traits: {
    affine(facts) {
      const scale = channelValues(facts, 1);
      return scale && { input: 0, scale, shift: new Float64Array(scale.length) };
    },
  },
  reference:
    async () =>
    ([x, k]) => {
      const [, channels = 1, ...rest] = x?.dims ?? [];
      const pixels = sizeOf(rest);
      const scale = numbers(k);
      return [
        {
          value: numbers(x).map((v, i) => v * (scale[Math.floor(i / pixels) % channels] as number)),
        },
      ];
    },
});

const relu = fakeOperator({
  type: 'Relu',
  traits: {
    asEpilogue: () => ({
      kind: 'activation',
      input: 0,
      activation: { name: 'Relu', parameters: [] },
    }),
    layouts: (facts) => c4OrLinear(facts),
  },
  reference:
    async () =>
    ([x]) => [{ value: numbers(x).map((v) => Math.max(v, 0)) }],
});

/** a + b, where b may be broadcast from one value. */
const plus = fakeOperator({
  type: 'Plus',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  infer: ([a, b]) => [
    (a?.dims.length ?? 0) >= (b?.dims.length ?? 0) ? (a as TensorType) : (b as TensorType),
  ],
  traits: { asEpilogue: () => ({ kind: 'residual' }), layouts: (facts) => c4OrLinear(facts) },
  reference:
    async () =>
    ([a, b]) => {
      const [x, y] = [numbers(a), numbers(b)];
      return [{ value: x.map((v, i) => v + (y[y.length === 1 ? 0 : i] as number)) }];
    },
});

/** An operator that only works on linear tensors. */
const flat = fakeOperator({ type: 'Flat' });

const shape = fakeOperator({
  type: 'Shape',
  infer: ([x]) => [{ type: 'int64', dims: [x?.dims.length ?? 0] }],
  traits: { home: 'host', typeInputs: [0] },
  reference:
    async () =>
    ([x]) => [{ value: BigInt64Array.from(x?.dims ?? [], BigInt) }],
});

const reshape = fakeOperator({
  type: 'Reshape',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  infer: ([x], _, known) => {
    const dims = known(1);
    return dims && x ? [{ type: x.type, dims: integersOf(dims) }] : [];
  },
  traits: { view: true, hostInputs: [1] },
});

/** Doubles integers: arithmetic on shapes. */
const double = fakeOperator({
  type: 'Double',
  reference:
    async () =>
    ([x]) => [
      { value: (x?.value as BigInt64Array | undefined)?.map((v) => v * 2n) ?? new BigInt64Array() },
    ],
});

const identity = fakeOperator({ type: 'Identity', traits: { view: true } });

const convertLayout = fakeOperator({
  type: 'wgconv.ConvertLayout',
  attributes: (source) => ({ to: source.string('to') }),
});

export const fakes: OperatorLookup = lookupOf(
  ...[dense, norm, times, relu, plus, flat, shape, reshape, double, identity, convertLayout],
);

export const f32 = (dims: readonly number[], ...values: number[]): HostTensor =>
  hostTensor('float32', dims, Float32Array.from(values));

export const i64 = (...values: number[]): HostTensor =>
  hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt));

/** Seeded by the position, zero-mean, so that a mistaken index shows. */
export const noise = (dims: readonly number[], seed = 1): HostTensor =>
  hostTensor(
    'float32',
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(12.9898 * (i + 1) * seed)),
  );

/** `name: Op(a, b) -> c, d` lines; names of nodes are their first outputs where left out. */
export function graphOf(
  inputs: Readonly<Record<string, readonly Dim[]>>,
  constants: Readonly<Record<string, HostTensor>>,
  lines: readonly string[],
  outputs: readonly string[],
): Graph {
  const builder = new GraphBuilder('test');
  for (const [name, dims] of Object.entries(inputs)) builder.input(name, 'float32', dims);
  for (const [name, tensor] of Object.entries(constants)) builder.constant(name, tensor);
  for (const line of lines) {
    const match = /^(?:(\S+): )?(\S+)\((.*)\) -> (.+)$/.exec(line);
    if (!match) throw new Error(`no node: ${line}`);
    const [, name, op = '', args = '', results = ''] = match;
    const list = (text: string) => (text === '' ? [] : text.split(',').map((part) => part.trim()));
    const made = list(results);
    builder.node({
      name: name ?? (made[0] as string),
      op,
      inputs: list(args),
      outputs: made,
      attributes: {},
    });
  }
  return builder.build(outputs);
}

/** Nodes as `Op(a, b) -> c`, with their epilogue. */
export function linesOf(graph: Graph): string[] {
  return graph.nodes.map(({ op, inputs, outputs, epilogue }) => {
    const steps = [
      ...(epilogue?.residual === undefined ? [] : [`residual ${inputs[epilogue.residual]}`]),
      ...(epilogue?.activation ? [epilogue.activation.name] : []),
    ];
    return `${op}(${inputs.join(', ')})${steps.map((step) => ` + ${step}`).join('')} -> ${outputs.join(', ')}`;
  });
}

/**
 * Evaluates a graph in float64, each node from float32 values. With `by: 'node'` a fused node is
 * computed as the kernels would, from its own inputs and epilogue; with `by: 'origin'` as the
 * composition of its originals.
 */
export async function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, HostTensor>>,
  by: 'node' | 'origin' = 'node',
): Promise<Record<string, Float64Array>> {
  const values = new Map<string, ReferenceTensor>();
  for (const [name, tensor] of [...graph.constants, ...Object.entries(feeds)]) {
    values.set(name, toReference(tensor));
  }
  const compute = async (node: Node, from: ReadonlyMap<string, ReferenceTensor>) => {
    const operator = requireOperator(node, fakes);
    const inputs = node.inputs.map((name) => {
      const value = from.get(name);
      if (!value && name !== '')
        throw new Error(`${node.name} reads "${name}", which is not there`);
      return value;
    });
    const outputs = operator.infer(inputs, node.attributes, (index) => {
      const value = from.get(node.inputs[index] ?? '');
      return value && fromReference(value);
    }) as (TensorType & { dims: number[] })[];
    const reference = await operator.reference();
    const results = reference(inputs, node.attributes, { single: false, outputs });
    return results.map(
      ({ value }, index): ReferenceTensor => ({
        ...(outputs[index] as TensorType & { dims: number[] }),
        value,
      }),
    );
  };
  for (const node of graph.nodes) {
    let results: ReferenceTensor[];
    if (by === 'origin' && node.origin) {
      // Only what the fused node reads, and constants.
      const local = new Map<string, ReferenceTensor>();
      for (const name of [...node.inputs, ...graph.constants.keys()]) {
        const value = values.get(name);
        if (value) local.set(name, value);
      }
      results = [];
      for (const original of node.origin) {
        results = await compute(original, local);
        original.outputs.forEach((name, index) => {
          local.set(name, results[index] as ReferenceTensor);
        });
      }
    } else {
      results = await compute(node, values);
      const { residual, activation } = node.epilogue ?? {};
      const [first] = results;
      if (first && (residual !== undefined || activation)) {
        const other = residual === undefined ? undefined : values.get(node.inputs[residual] ?? '');
        const value = numbers(first).map((v, i) => {
          const sum = v + (other ? (numbers(other)[i] as number) : 0);
          return activation?.name === 'Relu' ? Math.max(sum, 0) : sum;
        });
        results = [{ ...first, value }];
      }
    }
    node.outputs.forEach((name, index) => {
      values.set(name, results[index] as ReferenceTensor);
    });
  }
  return Object.fromEntries(
    graph.outputs.map((name) => {
      const value = values.get(name);
      if (!value) throw new Error(`the output "${name}" was not made`);
      return [name, numbers(value)];
    }),
  );
}
