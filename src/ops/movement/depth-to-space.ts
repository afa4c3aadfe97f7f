/** DepthToSpace and SpaceToDepth: channels become blocks of pixels, and back. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import { type Dim, formatDims, multiplyDims, stridesOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import { divideDims, invalidShape } from '../dims.ts';
import {
  type AnyOperator,
  type AttributeReader,
  type Candidate,
  type DeviceTensor,
  defineOperator,
} from '../operator.ts';
import { movement } from './candidate.ts';
import { copyDispatches } from './copy.ts';

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

/** Reshape to `dims`, transpose by `perm`: one strided copy. */
function permuted(
  x: DeviceTensor,
  dims: readonly number[],
  perm: readonly number[],
  outputs: readonly DeviceTensor[],
): Candidate {
  const source = stridesOf(dims);
  const result = stridesOf(perm.map((axis) => dims[axis] ?? 1));
  const box = {
    dims: perm.map((axis, index) => ({
      size: dims[axis] ?? 1,
      source: source[axis] ?? 0,
      result: result[index] ?? 0,
    })),
    sourceBase: 0,
    resultBase: 0,
    wordBytes: elementBytes(x.element),
  };
  return movement('strided_copy', copyDispatches(box, input(0), output(0)), outputs);
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
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.depthToSpaceReference),
  lower({ inputs: [x], outputs }, { blocksize: b, mode }) {
    if (!x) return [];
    const [n = 1, c = 1, h = 1, w = 1] = x.dims;
    const depth = c / (b * b);
    return [
      mode === 'DCR'
        ? permuted(x, [n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2], outputs)
        : permuted(x, [n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3], outputs),
    ];
  },
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
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.spaceToDepthReference),
  lower({ inputs: [x], outputs }, { blocksize: b }) {
    if (!x) return [];
    const [n = 1, c = 1, h = 1, w = 1] = x.dims;
    return [permuted(x, [n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], outputs)];
  },
});

export const blockOperators: readonly AnyOperator[] = [depthToSpace, spaceToDepth];
