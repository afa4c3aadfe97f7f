/** Pixels → the numbers that a model was trained on, by a named preset or by mean, deviation, scale. */

import { allocate, type DataType, isFloat, kindOf, numberToFloat16 } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { type Dim, formatDims } from '../core/shape.ts';
import { type HostTensor, hostTensor } from '../core/tensor.ts';
import type { ValueInfo } from '../graph/graph.ts';
import type { Picture } from './pictures.ts';
import { type ResizeMode, resize } from './resample.ts';

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

export const presets: Readonly<Record<string, Preprocessing>> = {
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
  /** Digits, white on black, 0 to 1. */
  mnist: { channels: 'gray', scale: 1 / 255, mean: [0], std: [1] },
  digit: { channels: 'gray', scale: 1 / 255, mean: [0], std: [1] },
  /** Digits, 0 to 255, as the ONNX model zoo's MNIST takes them. */
  'mnist-raw': { channels: 'gray', scale: 1, mean: [0], std: [1] },
  /** Ultra-Light-Fast-Generic-Face-Detector. */
  ultraface: { channels: 'rgb', scale: 1, mean: [127], std: [128] },
  /** RGB, 0 to 1: what is taken where nothing is said and the model has three channels. */
  unit: { channels: 'rgb', scale: 1 / 255, mean: [0], std: [1] },
};

/** Where a model's picture input has its axes, and how large it wants the picture. */
export interface PictureInput {
  readonly name: string;
  readonly type: DataType;
  readonly batch: Dim;
  readonly channels: 1 | 3;
  readonly height: Dim;
  readonly width: Dim;
  readonly channelsLast: boolean;
}

/** @throws WgconvError `wrong-shape` where the input is no picture of one or three channels */
export function pictureInputOf({ name, type, dims }: ValueInfo): PictureInput {
  const [batch, first, second, third] = dims;
  const complain = (why: string): never => {
    throw new WgconvError(
      'wrong-shape',
      `a picture does not fit the input "${name}" (${type}${formatDims(dims)}): ${why}. ` +
        'Give it with --input NAME=FILE.npy',
      { value: name },
    );
  };
  if (
    dims.length !== 4 ||
    batch === undefined ||
    first === undefined ||
    second === undefined ||
    third === undefined
  ) {
    return complain('it must have four dimensions, [N,C,H,W] or [N,H,W,C]');
  }
  if (!isFloat(type) && type !== 'uint8') complain('its elements must be floats or uint8');
  if (first === 1 || first === 3) {
    const place = { channels: first, height: second, width: third, channelsLast: false } as const;
    return { name, type, batch, ...place };
  }
  if (third === 1 || third === 3) {
    const place = { channels: third, height: first, width: second, channelsLast: true } as const;
    return { name, type, batch, ...place };
  }
  return complain('it must have 1 or 3 channels');
}

/** What is done where neither a preset nor numbers are given. */
export function defaultPreset(channels: 1 | 3): string {
  return channels === 1 ? 'mnist' : 'unit';
}

/**
 * One picture as a tensor of batch 1. A symbolic height or width takes the picture's own.
 * @throws WgconvError `wrong-shape` where the channels are not those of the model
 */
export function toTensor(
  picture: Picture,
  input: PictureInput,
  preprocessing: Preprocessing,
  mode: ResizeMode,
): HostTensor {
  const { channels, channelsLast, type } = input;
  const order = preprocessing.channels;
  if ((order === 'gray') !== (channels === 1)) {
    throw new WgconvError(
      'wrong-shape',
      `the input "${input.name}" has ${channels === 1 ? '1 channel' : '3 channels'}, ` +
        `but the preprocessing gives ${order === 'gray' ? 'gray' : order.toUpperCase()}; ` +
        `choose another --preset, or --channels ${channels === 1 ? 'gray' : 'rgb or bgr'}`,
      { value: input.name },
    );
  }
  const height = typeof input.height === 'number' ? input.height : picture.height;
  const width = typeof input.width === 'number' ? input.width : picture.width;
  const { pixels } = resize(picture, width, height, mode);
  const area = height * width;
  const values = new Float64Array(area * channels);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const raw = sample(pixels, pixel * 3, order, channel);
      const { scale, mean, std } = preprocessing;
      const at = channelsLast ? pixel * channels + channel : channel * area + pixel;
      values[at] = (raw * scale - pick(mean, channel)) / pick(std, channel);
    }
  }
  const dims = channelsLast ? [1, height, width, channels] : [1, channels, height, width];
  return hostTensor(type, dims, store(type, values));
}

function sample(pixels: Float32Array, at: number, order: Channels, channel: number): number {
  const value = (offset: number) => pixels[at + offset] as number;
  // Luma of ITU-R BT.601, as Pillow and OpenCV turn colour to gray.
  if (order === 'gray') return 0.299 * value(0) + 0.587 * value(1) + 0.114 * value(2);
  return value(order === 'bgr' ? 2 - channel : channel);
}

function pick(values: readonly number[], channel: number): number {
  return values[values.length === 1 ? 0 : channel] as number;
}

function store(type: DataType, values: Float64Array) {
  const data = allocate(type, values.length) as Float32Array;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (type === 'float16') data[index] = numberToFloat16(value);
    // uint8 wraps in a typed array; a picture saturates.
    else if (kindOf(type) === 'uint') data[index] = Math.min(Math.max(Math.round(value), 0), 255);
    else data[index] = value;
  }
  return data;
}
