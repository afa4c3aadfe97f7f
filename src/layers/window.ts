/** Sliding windows as Keras describes them, and as ONNX's attributes. */

import type { PlainAttribute } from '../ops/plain-attributes.ts';
import type { Fail } from './layer.ts';
import type { Pair, Sides } from './options.ts';
import { formatShape, type Shape } from './shape.ts';

export type Padding = 'valid' | 'same' | Sides;

export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: Padding;
}

/** What the dilated kernel covers. */
export function extentOf({ kernel, dilations }: Window, axis: 0 | 1): number {
  return (kernel[axis] - 1) * dilations[axis] + 1;
}

/** Size after the window, as in TensorFlow: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2 */
function outputSize(size: number | null, window: Window, axis: 0 | 1): number | null {
  const { strides, padding } = window;
  if (size === null) return null;
  if (padding === 'same') return Math.ceil(size / strides[axis]);
  const [before, after] = padding === 'valid' ? [0, 0] : padding[axis];
  return Math.floor((size + before + after - extentOf(window, axis)) / strides[axis]) + 1;
}

/** [height, width] of the output. */
export function windowOutput(
  input: readonly [number | null, number | null],
  window: Window,
  fail: Fail,
): [number | null, number | null] {
  const size = (axis: 0 | 1) => {
    const output = outputSize(input[axis], window, axis);
    if (output === null || output > 0) return output;
    const padded =
      typeof window.padding === 'string' ? 0 : window.padding[axis][0] + window.padding[axis][1];
    return fail(
      `its window is ${extentOf(window, axis)} ${axis === 0 ? 'high' : 'wide'}, but its input has only ${input[axis]}` +
        `${padded > 0 ? ` and ${padded} of padding` : ''} there: use padding: 'same' or a smaller window`,
    );
  };
  return [size(0), size(1)];
}

/** With SAME_UPPER an odd row of padding is at the end, as in TensorFlow, whatever the sizes are. */
export function windowAttributes({ kernel, strides, dilations, padding }: Window): {
  [name: string]: PlainAttribute | undefined;
} {
  const [[top, bottom], [left, right]] = typeof padding === 'string' ? noPadding : padding;
  return {
    kernel_shape: kernel,
    strides,
    dilations,
    ...(padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [top, left, bottom, right] }),
  };
}

const noPadding: Sides = [
  [0, 0],
  [0, 0],
];

/** What 'same' adds at each side; undefined where that depends on a size that is not known yet. */
export function samePadding(
  input: readonly [number | null, number | null],
  window: Window,
): Sides | undefined {
  const along = (axis: 0 | 1): Pair | undefined => {
    const [size, stride] = [input[axis], window.strides[axis]];
    const extent = extentOf(window, axis);
    if (size === null && stride > 1) return undefined;
    const covered =
      size === null ? extent - 1 : (Math.ceil(size / stride) - 1) * stride + extent - size;
    const total = Math.max(covered, 0);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  };
  const [vertical, horizontal] = [along(0), along(1)];
  return vertical && horizontal && [vertical, horizontal];
}

/** Height, width and channels of an image. */
export interface Image {
  readonly size: readonly [number | null, number | null];
  readonly channels: number;
}

/** @throws where the shape is not that of images with a known number of channels. */
export function imageOf(shape: Shape, fail: Fail): Image {
  const [height = null, width = null, channels] = shape;
  if (shape.length !== 3) {
    return fail(
      `it takes images [height, width, channels], but its input has the shape ${formatShape(shape)}`,
    );
  }
  if (typeof channels !== 'number')
    return fail('the number of channels of its input must be known');
  return { size: [height, width], channels };
}
