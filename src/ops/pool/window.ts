/** Pooling windows: attributes of all opset versions, output sizes with ceil_mode, three axes. */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, type TensorType } from '../../core/shape.ts';
import type { AttributeReader } from '../operator.ts';
import {
  readWindow,
  refuseTooLarge,
  resolveWindow,
  type Three,
  threeAxes,
  type WindowAttributes,
  windowOutput,
} from '../window.ts';

export interface PoolAttributes extends WindowAttributes {
  readonly kernelShape: readonly number[];
  readonly ceilMode: boolean;
  /** AveragePool: taps in the padding count. */
  readonly countIncludePad: boolean;
  /** MaxPool's indices count down the columns first. */
  readonly columnMajor: boolean;
  /** LpPool: the norm's exponent. */
  readonly p: number;
}

export function readPool(source: AttributeReader): PoolAttributes {
  const { kernelShape, ...window } = readWindow(source);
  if (!kernelShape) source.fail('attribute "kernel_shape" is required');
  return {
    ...window,
    kernelShape,
    ceilMode: source.int('ceil_mode', 0) !== 0,
    countIncludePad: false,
    columnMajor: false,
    p: 2,
  };
}

/**
 * With ceil_mode the last window may run past the padding's end, but it must start in the input or
 * in the padding before it. auto_pad's own formulas leave nothing to round, so that ceil_mode has
 * no effect on them (the formulas of MaxPool-22's text; ONNX's shape inference rounds VALID up).
 */
export function poolOutput(spatial: readonly Dim[], attributes: PoolAttributes): Dim[] {
  const { kernelShape, ceilMode, autoPad, strides, dilations, pads } = attributes;
  const floor = windowOutput(spatial, kernelShape, attributes);
  if (!ceilMode || autoPad !== 'NOTSET') return floor;
  return spatial.map((size, axis) => {
    const stride = strides?.[axis] ?? 1;
    const extent = ((kernelShape[axis] as number) - 1) * (dilations?.[axis] ?? 1) + 1;
    const begin = pads?.[axis] ?? 0;
    const padded = begin + (pads?.[axis + spatial.length] ?? 0);
    if (typeof size === 'string') {
      return stride === 1
        ? (floor[axis] as Dim)
        : `ceilpool(${size},${padded - extent},${stride},${begin})`;
    }
    const positions = Math.ceil((size + padded - extent) / stride) + 1;
    const starts = (positions - 1) * stride < size + begin;
    return Math.max(starts ? positions : positions - 1, 0);
  });
}

export function inferPool(x: TensorType | undefined, attributes: PoolAttributes): TensorType {
  if (!x) throw new WgconvError('missing-input', 'pooling needs X');
  const rank = x.dims.length;
  if (rank < 3 || rank > 5) {
    throw new WgconvError(
      'invalid-shape',
      `pooling takes one to three spatial axes, but X is ${formatDims(x.dims)}`,
    );
  }
  const size = x.dims.slice(2);
  const spatial = poolOutput(size, attributes);
  refuseTooLarge(size, spatial, attributes.kernelShape, attributes);
  return { type: x.type, dims: [...x.dims.slice(0, 2), ...spatial] };
}

/** A pooling over (depth, height, width); the axes that the tensor lacks have size and kernel 1. */
export interface PoolGeometry {
  /** Images times channels. */
  readonly planes: number;
  readonly input: Three;
  readonly output: Three;
  readonly kernel: Three;
  readonly strides: Three;
  readonly dilations: Three;
  readonly padBegin: Three;
  readonly padEnd: Three;
}

export function poolGeometry(
  input: readonly number[],
  output: readonly number[],
  attributes: PoolAttributes,
): PoolGeometry {
  const spatial = input.slice(2);
  const window = resolveWindow(spatial, attributes.kernelShape, attributes);
  return {
    planes: (input[0] as number) * (input[1] as number),
    input: threeAxes(spatial, 1),
    output: threeAxes(output.slice(2), 1),
    kernel: threeAxes(window.kernel, 1),
    strides: threeAxes(window.strides, 1),
    dilations: threeAxes(window.dilations, 1),
    padBegin: threeAxes(window.padBegin, 0),
    padEnd: threeAxes(window.padEnd, 0),
  };
}
