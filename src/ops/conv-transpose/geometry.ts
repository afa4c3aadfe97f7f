/**
 * Output size and pads of a transposed convolution, one number for each spatial axis.
 * https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims } from '../../core/shape.ts';
import type { ConvGeometry } from '../conv/problem.ts';
import type { WindowAttributes } from '../window.ts';

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
  const lengths = {
    kernel_shape: [attributes.kernelShape, rank],
    strides: [attributes.strides, rank],
    dilations: [attributes.dilations, rank],
    pads: [attributes.pads, 2 * rank],
    output_padding: [attributes.outputPadding, rank],
  } as const;
  for (const [name, [values, expected]] of Object.entries(lengths)) {
    if (values && values.length !== expected) fail(name, values.length, expected);
  }
  const shape = attributes.outputShape?.length ?? rank;
  if (shape !== rank && shape !== rank + 2) fail('output_shape', shape, rank);
  if (attributes.kernelShape?.some((size, axis) => size !== kernel[axis])) {
    throw new WgconvError(
      'invalid-shape',
      `kernel_shape ${formatDims(attributes.kernelShape)} is not that of the weights, ${formatDims(kernel)}`,
    );
  }
  return input.map((size, axis) => axisOf(size, kernel[axis] as number, attributes, axis, rank));

  function fail(name: string, length: number, expected: number): never {
    throw new WgconvError(
      'invalid-attribute',
      `"${name}" has ${length} values where ${rank} spatial axes need ${expected}`,
    );
  }
}

/** `source` [N, C, …], `weight` [C, O / group, …], `result` [N, O, …], brought to three axes. */
export function convTransposeGeometry(
  source: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  attributes: ConvTransposeAttributes,
): ConvGeometry {
  const rank = source.length - 2;
  if (rank < 1 || rank > 3) {
    throw new WgconvError(
      'unsupported-operator',
      `convolutions over ${rank} spatial axes are not supported (X is ${formatDims(source)})`,
    );
  }
  const axes = transposedAxes(source.slice(2), weight.slice(2), attributes);
  /** The three axes z, y, x, missing leading ones filled. */
  const spread = (values: readonly number[] | undefined, missing: number) => {
    const given = values ?? Array<number>(rank).fill(missing);
    return [...Array<number>(3 - rank).fill(missing), ...given] as [number, number, number];
  };
  const [inDepth, inHeight, inWidth] = spread(source.slice(2), 1);
  const [outDepth, outHeight, outWidth] = spread(result.slice(2), 1);
  const [kernelDepth, kernelHeight, kernelWidth] = spread(weight.slice(2), 1);
  const [strideZ, strideY, strideX] = spread(attributes.strides, 1);
  const [dilationZ, dilationY, dilationX] = spread(attributes.dilations, 1);
  const [padFront, padTop, padLeft] = spread(
    axes.map((axis) => axis.padBegin),
    0,
  );
  const [padBack, padBottom, padRight] = spread(
    axes.map((axis) => axis.padEnd),
    0,
  );
  return {
    batch: source[0] as number,
    group: attributes.group,
    inChannels: source[1] as number,
    outChannels: result[1] as number,
    ...{ inDepth, inHeight, inWidth, outDepth, outHeight, outWidth },
    ...{ kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX },
    ...{ dilationZ, dilationY, dilationX, padFront, padTop, padLeft },
    ...{ padBack, padBottom, padRight },
  };
}
