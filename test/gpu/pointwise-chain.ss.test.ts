/** Chains of pointwise operators in one dispatch: every node of each network against its reference. */

import { describe, expect, it } from 'vitest';
import { toReference } from '../../src/core/reference.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { encodeModel, type NodeInput } from '../support/onnx-writer.ts';
import { tensorOf, uniform } from '../support/random.ts';

interface Network {
  readonly dims: readonly number[];
  readonly nodes: readonly NodeInput[];
  readonly constants?: Readonly<Record<string, HostTensor>>;
  readonly type?: 'float32' | 'float16';
  /** Nodes that remain, by operator. */
  readonly leaves: readonly string[];
}

const node = (op: string, ...names: string[]): NodeInput => ({
  ...{ op, name: names.at(-1) as string, inputs: names.slice(0, -1) },
  outputs: [names.at(-1) as string],
});
const scalar = (value: number, type: 'float32' | 'float16' = 'float32') =>
  tensorOf([], [value], type);

const hardSwish = [
  node('Add', 'x', 'three', 'shifted'),
  node('Clip', 'shifted', 'zero', 'six', 'clipped'),
  node('Mul', 'x', 'clipped', 'product'),
  node('Div', 'product', 'six', 'y'),
];
const swishConstants = { three: scalar(3), zero: scalar(0), six: scalar(6) };

const networks: Readonly<Record<string, Network>> = {
  'a hard swish': {
    ...{ dims: [2, 5, 7, 3], nodes: hardSwish, constants: swishConstants },
    leaves: ['wgconv.Pointwise'],
  },
  'a hard swish of float16': {
    ...{ dims: [1, 6, 5, 5], nodes: hardSwish, type: 'float16' },
    constants: {
      ...{ three: scalar(3, 'float16'), zero: scalar(0, 'float16'), six: scalar(6, 'float16') },
    },
    leaves: ['wgconv.Pointwise'],
  },
  'a hard swish after a convolution, in C4 with unused lanes': {
    dims: [1, 3, 9, 8],
    nodes: [
      node('Conv', 'image', 'w', 'x'),
      ...hardSwish.slice(0, 3),
      node('Div', 'product', 'six', 'z'),
      node('Conv', 'z', 'w2', 'y'),
    ],
    constants: {
      ...swishConstants,
      w: uniform([6, 3, 3, 3], 2),
      w2: uniform([4, 6, 1, 1], 3),
    },
    leaves: ['Conv', 'wgconv.Pointwise', 'Conv'],
  },
  'a GELU by the error function': {
    dims: [3, 10, 11],
    nodes: [
      node('Div', 'x', 'root', 'scaled'),
      node('Erf', 'scaled', 'erf'),
      node('Add', 'erf', 'one', 'sum'),
      node('Mul', 'x', 'sum', 'product'),
      node('Mul', 'product', 'half', 'y'),
    ],
    constants: { root: scalar(Math.SQRT2), one: scalar(1), half: scalar(0.5) },
    leaves: ['wgconv.Pointwise'],
  },
  'a mish': {
    dims: [5, 13],
    nodes: [
      node('Softplus', 'x', 'soft'),
      node('Tanh', 'soft', 'tanh'),
      node('Mul', 'x', 'tanh', 'y'),
    ],
    leaves: ['wgconv.Pointwise'],
  },
  'scale and shift by rows and columns, element by element': {
    dims: [3, 5, 7],
    nodes: [
      node('Sub', 'x', 'rows', 'centred'),
      node('Div', 'centred', 'columns', 'scaled'),
      node('Sqrt', 'absolute', 'root'),
      node('Abs', 'scaled', 'absolute'),
      node('Neg', 'root', 'y'),
    ],
    constants: { rows: uniform([3, 1, 1], 4), columns: tensorOf([7], [1, 2, 3, 4, 5, 6, 7]) },
    leaves: ['wgconv.Pointwise'],
  },
  'two branches that meet': {
    dims: [4, 6],
    nodes: [
      node('Exp', 'x', 'up'),
      node('Neg', 'x', 'minus'),
      node('Exp', 'minus', 'down'),
      node('Sub', 'up', 'down', 'difference'),
      node('Relu', 'difference', 'y'),
    ],
    leaves: ['wgconv.Pointwise'],
  },
  'more operands than a chain takes': {
    dims: [4, 6],
    nodes: [
      node('Add', 'x', 'a', 's1'),
      node('Mul', 's1', 'b', 's2'),
      node('Sub', 's2', 'c', 's3'),
      node('Add', 's3', 'd', 's4'),
      node('Mul', 's4', 'e', 'y'),
    ],
    constants: Object.fromEntries([...'abcde'].map((name, at) => [name, uniform([4, 6], 5 + at)])),
    leaves: ['wgconv.Pointwise', 'wgconv.Pointwise'],
  },
};

describe.each(Object.entries(networks))('%s', (_, network) => {
  const { dims, type = 'float32', leaves, nodes, constants } = network;
  const name = nodes[0]?.op === 'Conv' ? 'image' : 'x';
  const model = encodeModel({
    nodes,
    inputs: [{ name, type, dims }],
    outputs: ['y'],
    initializers: { ...constants },
  });
  const feeds = () => ({
    [name]: new Tensor(type, elementsOf(uniform(dims, 1, { type })), dims),
  });

  it('is one dispatch with the values of its nodes', async () => {
    const session = await InferenceSession.create(model, { gpu: { ceiling: 'assume' } });
    expect(session.report().nodes.map(({ operator }) => operator)).toEqual(leaves);
    const report = await session.verify(feeds());
    expect(report.firstWrong).toBeUndefined();
    expect(report.ok).toBe(true);
    await session.dispose();
  });

  it('gives what the cpu backend gives', async () => {
    const gpu = await InferenceSession.create(model, { gpu: { ceiling: 'assume' } });
    const cpu = await InferenceSession.create(model, { backend: 'cpu' });
    const [one, other] = [await gpu.run(feeds()), await cpu.run(feeds())];
    const numbers = ({ y }: Record<string, Tensor>) =>
      [...toReference(y as Tensor).value].map(Number);
    const expected = numbers(other);
    numbers(one).forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at] as number, type === 'float16' ? 2 : 5);
    });
    await Promise.all([gpu.dispose(), cpu.dispose()]);
  });
});
