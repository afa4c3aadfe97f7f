/** DepthToSpace and SpaceToDepth: channels become blocks of pixels, and back. */

import { type Dim, formatDims, multiplyDims } from '../../core/shape.ts';
import { divideDims, invalidShape } from '../dims.ts';
import { type AnyOperator, type AttributeReader, defineOperator } from '../operator.ts';
import { lowerPermutation, permutationLayouts } from './permutation.ts';

/** As what the input is seen, and the order of its axes. */
type Order = readonly [sizes: readonly number[], perm: readonly number[]];

function depthOrder(dims: readonly number[], { blocksize: b, mode }: BlockAttributes): Order {
  const [n = 1, c = 1, h = 1, w = 1] = dims;
  const depth = c / (b * b);
  return mode === 'DCR'
    ? [
        [n, b, b, depth, h, w],
        [0, 3, 4, 1, 5, 2],
      ]
    : [
        [n, depth, b, b, h, w],
        [0, 1, 4, 2, 5, 3],
      ];
}

function spaceOrder(dims: readonly number[], b: number): Order {
  const [n = 1, c = 1, h = 1, w = 1] = dims;
  return [
    [n, c, h / b, b, w / b, b],
    [0, 3, 5, 1, 2, 4],
  ];
}

const dimsOf = (type: { readonly dims: readonly Dim[] } | undefined) =>
  (type?.dims ?? []) as readonly number[];

interface BlockAttributes {
  readonly blocksize: number;
  readonly mode: 'DCR' | 'CRD';
}

function blockSize(source: AttributeReader): number {
  const blocksize = source.int('blocksize');
  return blocksize >= 1 ? blocksize : source.fail('blocksize must be at least 1');
}

function exactly(dim: Dim, divisor: number, dims: readonly Dim[]): Dim {
  return (
    divideDims([dim], [divisor]) ?? invalidShape(`${formatDims(dims)} has no blocks of ${divisor}`)
  );
}

function requireImage(dims: readonly Dim[]): readonly [Dim, Dim, Dim, Dim] {
  const [n, c, h, w] = dims;
  if (dims.length !== 4 || n === undefined || c === undefined || h === undefined) {
    invalidShape(`expected [N,C,H,W], found ${formatDims(dims)}`);
  }
  return [n, c, h, w ?? 1];
}

const depthToSpace = defineOperator<BlockAttributes>({
  type: 'DepthToSpace',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes(source) {
    const mode = source.string('mode', 'DCR');
    return {
      blocksize: blockSize(source),
      mode: mode === 'DCR' || mode === 'CRD' ? mode : source.fail(`"${mode}" is no mode`),
    };
  },
  infer([x], { blocksize: b }) {
    if (!x) return [];
    const [n, c, h, w] = requireImage(x.dims);
    const dims = [n, exactly(c, b * b, x.dims), multiplyDims([h, b]), multiplyDims([w, b])];
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: {
    layouts: (facts) =>
      permutationLayouts(facts, ...depthOrder(dimsOf(facts.inputs[0]), facts.attributes)),
  },
  reference: () => import('./reference.ts').then((m) => m.depthToSpaceReference),
  lower: (io, attributes) => lowerPermutation(io, ...depthOrder(dimsOf(io.inputs[0]), attributes)),
});

const spaceToDepth = defineOperator<Pick<BlockAttributes, 'blocksize'>>({
  type: 'SpaceToDepth',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({ blocksize: blockSize(source) }),
  infer([x], { blocksize: b }) {
    if (!x) return [];
    const [n, c, h, w] = requireImage(x.dims);
    const dims = [n, multiplyDims([c, b * b]), exactly(h, b, x.dims), exactly(w, b, x.dims)];
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: {
    layouts: (facts) =>
      permutationLayouts(facts, ...spaceOrder(dimsOf(facts.inputs[0]), facts.attributes.blocksize)),
  },
  reference: () => import('./reference.ts').then((m) => m.spaceToDepthReference),
  lower: (io, { blocksize }) =>
    lowerPermutation(io, ...spaceOrder(dimsOf(io.inputs[0]), blocksize)),
});

export const blockOperators: readonly AnyOperator[] = [depthToSpace, spaceToDepth];
