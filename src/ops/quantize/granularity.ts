/** For which elements a scale holds: all of a tensor, an index of one axis, or a block along it. */

import { type DataType, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, normaliseAxis, sizeOf } from '../../core/shape.ts';

export interface GranularityAttributes {
  readonly axis: number;
  /** 0: no blocks. */
  readonly blockSize: number;
}

export interface QuantizeAttributes extends GranularityAttributes {
  readonly outputType: DataType | undefined;
  /** Type of the division; the scale's own where left out. */
  readonly precision: DataType | undefined;
}

/**
 * Element `i` of x has the scale `outerStride · (axes before) + axisStride · floor(a / block) +
 * innerStride · (axes after)`, where `a` is its index along the quantised axis.
 */
export interface Granularity {
  readonly axisSize: number;
  /** Elements of all axes after the quantised one. */
  readonly inner: number;
  readonly block: number;
  readonly outerStride: number;
  readonly axisStride: number;
  readonly innerStride: number;
}

/** @throws WgconvError `invalid-shape` where x has no scale for each of its elements. */
export function granularityOf(
  x: readonly number[],
  scale: readonly number[],
  { axis: given, blockSize }: GranularityAttributes,
): Granularity {
  // One scale in a vector is accepted for a whole tensor, as exporters write it.
  if (scale.length === 0 || (sizeOf(scale) === 1 && scale.length === 1 && blockSize === 0)) {
    return { axisSize: 1, inner: 1, block: 1, outerStride: 0, axisStride: 0, innerStride: 0 };
  }
  const axis = normaliseAxis(given, x.length);
  const axisSize = x[axis] as number;
  const inner = sizeOf(x.slice(axis + 1));
  const fail = (wanted: readonly number[]): never => {
    const how = blockSize > 0 ? ` in blocks of ${blockSize}` : '';
    throw new WgconvError(
      'invalid-shape',
      `the scale is ${formatDims(scale)}, but x ${formatDims(x)} needs ${formatDims(wanted)} along axis ${axis}${how}`,
    );
  };
  if (blockSize === 0) {
    if (scale.length !== 1 || scale[0] !== axisSize) fail([axisSize]);
    return { axisSize, inner, block: 1, outerStride: 0, axisStride: 1, innerStride: 0 };
  }
  const blocks = Math.ceil(axisSize / blockSize);
  const wanted = x.with(axis, blocks);
  if (String(scale) !== String(wanted)) fail(wanted);
  const outerStride = blocks * inner;
  return { axisSize, inner, block: blockSize, outerStride, axisStride: inner, innerStride: 1 };
}

/** Index of the scale of element `index`. */
export function scaleAt(g: Granularity, index: number): number {
  const line = Math.floor(index / g.inner);
  const block = Math.floor((line % g.axisSize) / g.block);
  const outer = Math.floor(line / g.axisSize);
  return outer * g.outerStride + block * g.axisStride + (index % g.inner) * g.innerStride;
}

/** Least and greatest integer of a type of at most 16 bits. */
export function rangeOf(type: DataType): readonly [low: number, high: number] {
  const bits = type.endsWith('8') ? 8 : 16;
  return kindOf(type) === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}
