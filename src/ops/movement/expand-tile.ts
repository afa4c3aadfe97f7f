/** Expand and Tile: the same elements again and again. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import {
  broadcastDims,
  broadcastStrides,
  type Dim,
  formatDims,
  multiplyDims,
  stridesOf,
} from '../../core/shape.ts';
import { integersOf } from '../../core/tensor.ts';
import { elementBytes } from '../device-tensor.ts';
import { integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { defineOperator, type HostValues } from '../operator.ts';
import { movement } from './candidate.ts';
import { type CopyDim, copyDispatches } from './copy.ts';

export const expand = defineOperator<null>({
  type: 'Expand',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: () => null,
  infer([x, shape], _attributes, known) {
    if (!x) return [];
    const wanted = integersAt(known, 1);
    if (wanted) return [{ type: x.type, dims: broadcastDims(x.dims, wanted) }];
    const rank = shape?.dims[0];
    if (typeof rank !== 'number') return unknownRank('Expand', 'shape');
    const dims = unknownDims(`Expand${formatDims(x.dims)}`, Math.max(rank, x.dims.length));
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1] },
  reference: () => import('./reference.ts').then((m) => m.expandReference),
  lower({ inputs: [x], outputs }) {
    const [result] = outputs;
    if (!x || !result) return [];
    const source = broadcastStrides(x.dims, result.dims);
    const strides = stridesOf(result.dims);
    const box = {
      dims: result.dims.map((size, axis) => ({
        size,
        source: source[axis] ?? 0,
        result: strides[axis] ?? 0,
      })),
      sourceBase: 0,
      resultBase: 0,
      wordBytes: elementBytes(x.element),
    };
    return [movement('expand', copyDispatches(box, input(0), output(0)), outputs)];
  },
});

interface TileAttributes {
  /** Opset 1: inputs `tiles` and `axis` are scalars of the data's type, for one axis. */
  readonly oneAxis: boolean;
}

/** How often the tensor is repeated along each axis. */
function repeats(rank: number, { oneAxis }: TileAttributes, known: HostValues) {
  if (!oneAxis) {
    const counts = integersAt(known, 1);
    if (counts && counts.length !== rank) {
      invalidShape(`repeats [${counts}] of Tile are not one for each of ${rank} axes`);
    }
    return counts;
  }
  const [count, axis] = [known(1), known(2)].map((tensor) => tensor && integersOf(tensor)[0]);
  if (count === undefined || axis === undefined) return undefined;
  return new Array<number>(rank).fill(1).with(axis, count);
}

export const tile = defineOperator<TileAttributes>({
  type: 'Tile',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes: (_source, opset) => ({ oneAxis: opset < 6 }),
  infer([x], attributes, known) {
    if (!x) return [];
    const counts = repeats(x.dims.length, attributes, known);
    const dims: Dim[] = counts
      ? x.dims.map((dim, axis) => multiplyDims([dim, counts[axis] ?? 1]))
      : unknownDims(`Tile${formatDims(x.dims)}`, x.dims.length);
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1, 2] },
  reference: () => import('./reference.ts').then((m) => m.tileReference),
  lower({ inputs: [x], outputs, constant }, attributes) {
    const [result] = outputs;
    const counts = x && repeats(x.dims.length, attributes, constant);
    if (!x || !counts || !result) return [];
    const own = stridesOf(x.dims);
    const strides = stridesOf(result.dims);
    // Every axis is two: which repetition, and where in it.
    const dims = x.dims.flatMap((size, axis): CopyDim[] => {
      const [source = 0, stride = 0] = [own[axis], strides[axis]];
      return [
        { size: counts[axis] ?? 1, source: 0, result: size * stride },
        { size, source, result: stride },
      ];
    });
    const box = { dims, sourceBase: 0, resultBase: 0, wordBytes: elementBytes(x.element) };
    return [movement('tile', copyDispatches(box, input(0), output(0)), outputs)];
  },
});
