/**
 * What Resize does along each axis: the output's size, and for every output position the input
 * positions it reads with their weights. https://onnx.ai/onnx/operators/onnx__Resize.html
 *
 * Two published cases (downsampling with align_corners, cubic and linear) divide by the output's
 * length before it is rounded down; the specification's `length_resized` is the output's own
 * length, and so it is here, as in onnxruntime.
 */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, multiplyDims, normaliseAxis } from '../../core/shape.ts';
import { elementsOf } from '../../core/tensor.ts';
import { integersAt, invalidShape } from '../dims.ts';
import type { HostValues } from '../operator.ts';
import type { ResizeAttributes } from './attributes.ts';

export interface AxisResize {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Region of the input that is read, as shares of it, for `tf_crop_and_resize`. */
  readonly start: number;
  readonly end: number;
}

/** The numbers of an input that is known and not empty. */
function numbersAt(known: HostValues, index: number): number[] | undefined {
  const tensor = index < 0 ? undefined : known(index);
  const values = tensor && Array.from(elementsOf(tensor) as ArrayLike<number>, Number);
  return values && values.length > 0 ? values : undefined;
}

interface Wanted {
  readonly axes: readonly number[];
  readonly scales: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
}

/** Scales or sizes with the axes they belong to; undefined where they are not known yet. */
function wantedOf(rank: number, a: ResizeAttributes, known: HostValues): Wanted | undefined {
  const axes = a.axes?.map((axis) => normaliseAxis(axis, rank)) ?? range(rank);
  const scales = a.scales ?? numbersAt(known, a.inputs.scales);
  const sizes = a.inputs.sizes < 0 ? undefined : integersAt(known, a.inputs.sizes);
  const given = sizes && sizes.length > 0 ? sizes : undefined;
  for (const [name, values] of [['scales', scales] as const, ['sizes', given] as const]) {
    if (values && values.length !== axes.length) {
      invalidShape(`${name} [${values}] of Resize are not one for each of ${axes.length} axes`);
    }
  }
  if (scales && given) invalidShape('Resize has both scales and sizes; one must be left out');
  if (scales?.some((scale) => !(scale > 0))) invalidShape(`scales [${scales}] must be positive`);
  if (given?.some((size) => size < 0)) invalidShape(`sizes [${given}] must not be negative`);
  return scales || given ? { axes, scales, sizes: given } : undefined;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The output's dims; undefined where scales and sizes are not known yet. */
export function resizedDims(
  dims: readonly Dim[],
  attributes: ResizeAttributes,
  known: HostValues,
): Dim[] | undefined {
  const wanted = wantedOf(dims.length, attributes, known);
  if (!wanted) return undefined;
  if (dims.every((dim) => typeof dim === 'number')) {
    return axesOf(dims as number[], wanted, attributes, known).map(({ output }) => output);
  }
  return dims.map((dim, axis) => {
    const at = wanted.axes.indexOf(axis);
    if (at < 0) return dim;
    const scale = wanted.scales?.[at];
    if (scale === undefined) return wanted.sizes?.[at] as number;
    if (Number.isInteger(scale)) return multiplyDims([dim, scale]);
    return typeof dim === 'number' ? scaledSize(dim, scale) : `floor(${dim}*${scale})`;
  });
}

/** Every axis of an input whose dims are numbers; undefined where scales and sizes are not known. */
export function resizedAxes(
  dims: readonly number[],
  attributes: ResizeAttributes,
  known: HostValues,
): AxisResize[] | undefined {
  const wanted = wantedOf(dims.length, attributes, known);
  return wanted && axesOf(dims, wanted, attributes, known);
}

/** floor(size · scale) as float32 has it: 0.7f · 10 is 7. */
function scaledSize(size: number, scale: number): number {
  return Math.floor(Math.fround(Math.fround(scale) * size));
}

function axesOf(
  dims: readonly number[],
  { axes, scales, sizes }: Wanted,
  { policy, transform, inputs }: ResizeAttributes,
  known: HostValues,
): AxisResize[] {
  const roi = transform === 'tf_crop_and_resize' ? numbersAt(known, inputs.roi) : undefined;
  if (transform === 'tf_crop_and_resize' && roi?.length !== 2 * axes.length) {
    invalidShape(`tf_crop_and_resize needs a roi of ${2 * axes.length} values`);
  }
  const ratios = sizes?.map((size, at) => size / (dims[axes[at] as number] as number)) ?? [];
  const kept = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return dims.map((input, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return { input, output: input, scale: 1, start: 0, end: 1 };
    const start = roi?.[at] ?? 0;
    const end = roi?.[at + axes.length] ?? 1;
    if (scales) {
      const scale = scales[at] as number;
      return { input, output: scaledSize(input, scale), scale, start, end };
    }
    if (policy === 'stretch') {
      return { input, output: sizes?.[at] as number, scale: ratios[at] as number, start, end };
    }
    // One scale for all axes; halves are rounded up.
    return { input, output: Math.floor(kept * input + 0.5), scale: kept, start, end };
  });
}

/** Input positions and weights of every output position: `count` of each, one after another. */
export interface Taps {
  readonly count: number;
  /** −1 where the output lies outside of the input and takes the extrapolation value. */
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

/** Where output position `x` lies in the input. */
export function originalPosition(
  x: number,
  a: AxisResize,
  transform: ResizeAttributes['transform'],
): number {
  const { input, output, scale, start, end } = a;
  // 4.5 · 7 / 9 is 3.5, but 4.5 / (9 / 7) is a hair less: another pixel, rounded down.
  const divided = (position: number) =>
    scale === output / input ? (position * input) / output : position / scale;
  switch (transform) {
    case 'half_pixel':
      return divided(x + 0.5) - 0.5;
    case 'half_pixel_symmetric': {
      // The centres of input and output coincide although the output's length was rounded.
      const adjustment = output / (scale * input);
      return (input / 2) * (1 - adjustment) + divided(x + 0.5) - 0.5;
    }
    case 'pytorch_half_pixel':
      return output > 1 ? divided(x + 0.5) - 0.5 : 0;
    case 'align_corners':
      return output > 1 ? (x * (input - 1)) / (output - 1) : 0;
    case 'asymmetric':
      return divided(x);
    case 'tf_half_pixel_for_nn':
      return divided(x + 0.5);
    case 'tf_crop_and_resize':
      return output > 1
        ? start * (input - 1) + (x * (end - start) * (input - 1)) / (output - 1)
        : 0.5 * (start + end) * (input - 1);
  }
}

function nearestPosition(position: number, mode: ResizeAttributes['nearest']): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(position - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    case 'floor':
      return Math.floor(position);
    case 'ceil':
      return Math.ceil(position);
  }
}

/** The interpolation kernel at a distance: a triangle, or Keys's cubic with parameter a. */
function kernelAt(distance: number, mode: 'linear' | 'cubic', a: number): number {
  const d = Math.abs(distance);
  if (mode === 'linear') return Math.max(0, 1 - d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** Entries of an axis's table; images have some thousand. */
const mostTaps = 2 ** 22;

/** @throws WgconvError `limit-exceeded` */
export function tapsOf(axis: AxisResize, attributes: ResizeAttributes): Taps {
  const { mode, transform, nearest, antialias, cubicA, excludeOutside } = attributes;
  const { input, output, scale } = axis;
  // An antialiased kernel is as wide as the scale makes it.
  const stretch = mode !== 'nearest' && antialias ? Math.min(scale, 1) : 1;
  const first = mode === 'nearest' ? 0 : Math.floor((mode === 'linear' ? -1 : -2) / stretch) + 1;
  // To nothing, the scale is 0 and the kernel has no width.
  const count = mode === 'nearest' || output === 0 ? 1 : 2 - 2 * first;
  if (!(output * count <= mostTaps)) {
    throw new WgconvError(
      'limit-exceeded',
      `an axis is resized to ${output} positions of ${count} pixels each; ${mostTaps} together are allowed`,
      { data: { limit: mostTaps } },
    );
  }
  const index = new Int32Array(output * count);
  const weight = new Float64Array(output * count);
  for (let x = 0; x < output; x++) {
    const position = originalPosition(x, axis, transform);
    const outside = position < 0 || position > input - 1;
    if (transform === 'tf_crop_and_resize' && outside) {
      index.fill(-1, x * count, (x + 1) * count);
      continue;
    }
    const base = mode === 'nearest' ? nearestPosition(position, nearest) : Math.floor(position);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const at = base + first + tap;
      const value = mode === 'nearest' ? 1 : kernelAt((at - position) * stretch, mode, cubicA);
      const left = excludeOutside && (at < 0 || at >= input) ? 0 : value;
      index[x * count + tap] = Math.max(0, Math.min(at, input - 1));
      weight[x * count + tap] = left;
      sum += left;
    }
    if (excludeOutside || stretch < 1) {
      for (let tap = 0; tap < count; tap++) {
        weight[x * count + tap] = (weight[x * count + tap] as number) / sum;
      }
    }
  }
  return { count, index, weight };
}

/** Every output position reads the input's own, and nothing else. */
export function isIdentity({ input, output }: AxisResize, { count, index, weight }: Taps): boolean {
  if (input !== output) return false;
  return index.every((at, tap) => at === Math.floor(tap / count) || weight[tap] === 0);
}
