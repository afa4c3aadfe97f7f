/**
 * Sliding windows as ONNX's Conv and pooling operators describe them: strides, dilations, pads and
 * auto_pad over the spatial axes, and the output size.
 */

import { WgconvError } from '../core/errors.ts';
import { type Dim, formatDims } from '../core/shape.ts';
import type { AttributeReader } from './operator.ts';

export type AutoPad = 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';

const autoPads: readonly string[] = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'];

/** As in the model; undefined where an attribute takes its default for the rank. */
export interface WindowAttributes {
  readonly kernelShape: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly dilations: readonly number[] | undefined;
  /** Begins of all spatial axes, then ends. */
  readonly pads: readonly number[] | undefined;
  readonly autoPad: AutoPad;
}

/** A window whose defaults and auto_pad are resolved, one number for each spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padBegin: readonly number[];
  readonly padEnd: readonly number[];
}

/** Reads the attributes; values must be positive (pads: from 0), as the specification says. */
export function readWindow(source: AttributeReader): WindowAttributes {
  const positive = (name: string): readonly number[] | undefined => {
    const values = source.ints(name);
    if (values?.some((value) => value < 1)) source.fail(`"${name}" must be positive`);
    return values;
  };
  const autoPad = source.string('auto_pad', 'NOTSET');
  if (!autoPads.includes(autoPad)) {
    source.fail(`auto_pad "${autoPad}" is none of ${autoPads.join(', ')}`);
  }
  const pads = source.ints('pads');
  if (pads?.some((value) => value < 0)) source.fail('"pads" must not be negative');
  return {
    kernelShape: positive('kernel_shape'),
    strides: positive('strides'),
    dilations: positive('dilations'),
    pads,
    autoPad: autoPad as AutoPad,
  };
}

/**
 * Output sizes without the need of numbers: of `input + pads` that the dilated kernel slides over.
 * Symbolic sizes give symbolic results: the same symbol where the size does not change.
 */
export function windowOutput(
  input: readonly Dim[],
  kernel: readonly number[],
  attributes: WindowAttributes,
): Dim[] {
  checkWindow(input.length, kernel, attributes);
  return input.map((size, axis) => {
    const stride = attributes.strides?.[axis] ?? 1;
    if (attributes.autoPad.startsWith('SAME')) return divide(size, 0, stride);
    const { extent, padded } = reach(axis, input.length, kernel, attributes);
    // ceil((size + pads - extent + 1) / stride) is floor((size + pads - extent) / stride) + 1.
    const output = divide(size, padded - extent + 1, stride);
    if (typeof output === 'number' && output < 0) return 0;
    return output;
  });
}

/** The attributes with more padding; undefined where the padding depends on the input's size. */
export function withPads<A extends WindowAttributes>(
  attributes: A,
  pads: readonly number[],
): A | undefined {
  const { autoPad } = attributes;
  if (autoPad.startsWith('SAME')) return undefined;
  const own = autoPad === 'NOTSET' ? attributes.pads : undefined;
  const sum = pads.map((pad, index) => pad + (own?.[index] ?? 0));
  return { ...attributes, autoPad: 'NOTSET', pads: sum };
}

/** What the dilated kernel covers along an axis, and what pads add to the input there. */
function reach(
  axis: number,
  rank: number,
  kernel: readonly number[],
  { autoPad, dilations, pads }: WindowAttributes,
): { extent: number; padded: number } {
  const extent = ((kernel[axis] as number) - 1) * (dilations?.[axis] ?? 1) + 1;
  const padded = autoPad === 'NOTSET' ? (pads?.[axis] ?? 0) + (pads?.[axis + rank] ?? 0) : 0;
  return { extent, padded };
}

/**
 * An input that is not empty gives an output that is not.
 * @throws WgconvError `invalid-shape` where the kernel is larger than what it slides over.
 */
export function refuseTooLarge(
  input: readonly Dim[],
  output: readonly Dim[],
  kernel: readonly number[],
  attributes: WindowAttributes,
): void {
  const axis = output.findIndex((size, at) => size === 0 && input[at] !== 0);
  if (axis < 0) return;
  const { extent, padded } = reach(axis, input.length, kernel, attributes);
  const size = input[axis] as number;
  throw new WgconvError(
    'invalid-shape',
    `the kernel covers ${extent} elements of spatial axis ${axis}, but the input has ${size} there` +
      `${padded > 0 ? ` and ${padded} of padding` : ''}`,
    { data: { input, kernel } },
  );
}

/**
 * Pads as numbers. SAME splits the padding that makes the output `ceil(input / stride)` in halves;
 * an odd one goes to the end for SAME_UPPER and to the beginning for SAME_LOWER. With auto_pad
 * other than NOTSET, `pads` is not looked at, as in onnxruntime (the specification forbids both).
 */
export function resolveWindow(
  input: readonly number[],
  kernel: readonly number[],
  attributes: WindowAttributes,
): Window {
  const rank = input.length;
  checkWindow(rank, kernel, attributes);
  const strides = attributes.strides ?? input.map(() => 1);
  const dilations = attributes.dilations ?? input.map(() => 1);
  const padBegin: number[] = [];
  const padEnd: number[] = [];
  input.forEach((size, axis) => {
    let [begin, end] = [0, 0];
    if (attributes.autoPad === 'NOTSET') {
      begin = attributes.pads?.[axis] ?? 0;
      end = attributes.pads?.[axis + rank] ?? 0;
    } else if (attributes.autoPad !== 'VALID') {
      const stride = strides[axis] as number;
      const extent = ((kernel[axis] as number) - 1) * (dilations[axis] as number) + 1;
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
      const half = Math.floor(total / 2);
      [begin, end] =
        attributes.autoPad === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
    }
    padBegin.push(begin);
    padEnd.push(end);
  });
  return { kernel, strides, dilations, padBegin, padEnd };
}

/** Along z, y, x. */
export type Three = readonly [number, number, number];

/** Numbers for one to three spatial axes as three, `missing` for those in front that there are not. */
export function threeAxes(values: readonly number[], missing: number): Three {
  return [...Array<number>(3 - values.length).fill(missing), ...values] as unknown as Three;
}

/** ceil((size + offset) / by), symbolic where `size` is. */
function divide(size: Dim, offset: number, by: number): Dim {
  if (typeof size === 'number') return Math.ceil((size + offset) / by);
  const sum = offset === 0 ? size : `${size}${offset < 0 ? '-' : '+'}${Math.abs(offset)}`;
  return by === 1 ? sum : `ceil((${sum})/${by})`;
}

/** Throws where a list has the wrong length, or `kernel_shape` is not that of the weights. */
export function checkWindow(
  rank: number,
  kernel: readonly number[],
  attributes: WindowAttributes,
): void {
  const lengths = [
    ['kernel_shape', attributes.kernelShape?.length ?? rank, rank],
    ['kernel', kernel.length, rank],
    ['strides', attributes.strides?.length ?? rank, rank],
    ['dilations', attributes.dilations?.length ?? rank, rank],
    ['pads', attributes.pads?.length ?? 2 * rank, 2 * rank],
  ] as const;
  for (const [name, length, expected] of lengths) {
    if (length !== expected) {
      throw new WgconvError(
        'invalid-attribute',
        `"${name}" has ${length} values where ${rank} spatial axes need ${expected}`,
      );
    }
  }
  if (attributes.kernelShape?.some((size, axis) => size !== kernel[axis])) {
    throw new WgconvError(
      'invalid-shape',
      `kernel_shape ${formatDims(attributes.kernelShape)} is not that of the weights, ${formatDims(kernel)}`,
    );
  }
}
