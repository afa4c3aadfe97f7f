/**
 * Output size and pads of a transposed convolution, one number for each spatial axis.
 * https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */

import { WgconvError } from '../../core/errors.ts';
import type { Dim } from '../../core/shape.ts';
import { spatialGeometry } from '../conv/geometry.ts';
import type { ConvGeometry } from '../conv/problem.ts';
import { checkWindow, type WindowAttributes } from '../window.ts';

export interface ConvTransposeAttributes extends WindowAttributes {
  readonly group: number;
  readonly outputPadding: readonly number[] | undefined;
  /** Spatial sizes of the output; pads follow from them. */
  readonly outputShape: readonly number[] | undefined;
}

interface Axis {
  readonly size: Dim;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** What an axis of the input becomes. A symbolic size stays symbolic. */
function axisOf(
  size: Dim,
  kernel: number,
  attributes: ConvTransposeAttributes,
  axis: number,
  rank: number,
): Axis {
  const { autoPad, pads } = attributes;
  const stride = attributes.strides?.[axis] ?? 1;
  const dilation = attributes.dilations?.[axis] ?? 1;
  const extra = (attributes.outputPadding?.[axis] ?? 0) + (kernel - 1) * dilation + 1;
  const shape = attributes.outputShape;
  const same = autoPad.startsWith('SAME');
  if (!shape && !same) {
    const [padBegin, padEnd] =
      autoPad === 'VALID' ? [0, 0] : [pads?.[axis] ?? 0, pads?.[axis + rank] ?? 0];
    return { size: scaled(size, stride, extra - stride - padBegin - padEnd), padBegin, padEnd };
  }
  // Some exporters give N and C, too.
  const wanted = shape ? (shape[axis + shape.length - rank] as number) : scaled(size, stride, 0);
  if (typeof size !== 'number' || typeof wanted !== 'number') {
    return { size: wanted, padBegin: 0, padEnd: 0 };
  }
  // An output larger than the input reaches is filled by the bias; there are no negative pads.
  const total = Math.max(stride * (size - 1) + extra - wanted, 0);
  const half = Math.floor(total / 2);
  const [padBegin, padEnd] = autoPad === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  return { size: wanted, padBegin, padEnd };
}

/** size · by + offset */
function scaled(size: Dim, by: number, offset: number): Dim {
  if (typeof size === 'number') return size * by + offset;
  const product = by === 1 ? size : `${by}*(${size})`;
  return offset === 0 ? product : `${product}${offset < 0 ? '-' : '+'}${Math.abs(offset)}`;
}

/** All spatial axes; throws where lists have the wrong length. */
export function transposedAxes(
  input: readonly Dim[],
  kernel: readonly number[],
  attributes: ConvTransposeAttributes,
): Axis[] {
  const rank = input.length;
  checkWindow(rank, kernel, attributes);
  const padding = attributes.outputPadding?.length ?? rank;
  if (padding !== rank) fail('output_padding', padding, rank);
  const shape = attributes.outputShape?.length ?? rank;
  if (shape !== rank && shape !== rank + 2) fail('output_shape', shape, rank);
  return input.map((size, axis) => axisOf(size, kernel[axis] as number, attributes, axis, rank));

  function fail(name: string, length: number, expected: number): never {
    throw new WgconvError(
      'invalid-attribute',
      `"${name}" has ${length} values where ${rank} spatial axes need ${expected}`,
    );
  }
}

/** `source` [N, C, …], `weight` [C, O / group, …], `result` [N, O, …]. */
export function convTransposeGeometry(
  source: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  attributes: ConvTransposeAttributes,
): ConvGeometry {
  return spatialGeometry(source, result, attributes.group, (sizes) => {
    const kernel = weight.slice(2);
    const axes = transposedAxes(sizes, kernel, attributes);
    return {
      kernel,
      strides: attributes.strides ?? sizes.map(() => 1),
      dilations: attributes.dilations ?? sizes.map(() => 1),
      padBegin: axes.map(({ padBegin }) => padBegin),
      padEnd: axes.map(({ padEnd }) => padEnd),
    };
  });
}
