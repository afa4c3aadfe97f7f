/** Pixels → the numbers that a model was trained on: order of the colours, scale, mean, deviation. */

import type { Picture } from './resample.ts';

export type Channels = 'rgb' | 'bgr' | 'gray';

export const channelOrders: readonly Channels[] = ['rgb', 'bgr', 'gray'];

/** A channel's number is `(value · scale − mean) / std`, with the value in [0, 255]. */
export interface Preprocessing {
  readonly channels: Channels;
  readonly scale: number;
  /** One for all channels, or one each, in the order in which the model gets them. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Digits, white on black, 0 to 1. */
const digit = { channels: 'gray', scale: 1 / 255, mean: [0], std: [1] } as const;

/** Of well-known models. */
export const presets = {
  /** MobileNet v1, v2 as TensorFlow trained them, [-1, 1). */
  mobilenet: { channels: 'rgb', scale: 1, mean: [128], std: [128] },
  /** Networks from Caffe: BGR, the training set's mean taken off. */
  'squeezenet-caffe': { channels: 'bgr', scale: 1, mean: [104, 117, 123], std: [1] },
  /** torchvision's classifiers. */
  imagenet: {
    channels: 'rgb',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  mnist: digit,
  digit,
  /** Digits, 0 to 255, as the ONNX model zoo's MNIST takes them. */
  'mnist-raw': { channels: 'gray', scale: 1, mean: [0], std: [1] },
  /** Ultra-Light-Fast-Generic-Face-Detector. */
  ultraface: { channels: 'rgb', scale: 1, mean: [127], std: [128] },
  /** RGB, 0 to 1: what is taken where nothing is said and the model has three channels. */
  unit: { channels: 'rgb', scale: 1 / 255, mean: [0], std: [1] },
} as const satisfies Readonly<Record<string, Preprocessing>>;

/** Luma of ITU-R BT.601, as Pillow and OpenCV turn colour to gray. */
const luma = [0.299, 0.587, 0.114] as const;

/** How much red, green and blue each channel takes. */
export const shares: Readonly<Record<Channels, readonly (readonly [number, number, number])[]>> = {
  rgb: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  bgr: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
  gray: [luma],
};

/** The picture's numbers, channel by channel or, with `channelsLast`, pixel by pixel. */
export function normalise(
  { width, height, pixels }: Picture,
  { channels, scale, mean, std }: Preprocessing,
  channelsLast: boolean,
): Float64Array {
  const area = height * width;
  const orders = shares[channels];
  const values = new Float64Array(area * orders.length);
  for (let pixel = 0; pixel < area; pixel++) {
    for (const [channel, [red, green, blue]] of orders.entries()) {
      const value = (offset: number) => pixels[pixel * 3 + offset] as number;
      const raw = red * value(0) + green * value(1) + blue * value(2);
      const at = channelsLast ? pixel * orders.length + channel : channel * area + pixel;
      values[at] = (raw * scale - ofChannel(mean, channel)) / ofChannel(std, channel);
    }
  }
  return values;
}

/** A list has one number for all channels, or one each. */
export function ofChannel(values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel] as number;
}
