/** Pixels → a model's picture input, in its own size, layout and element type. */

import { allocate, type DataType, isFloat, kindOf, numberToFloat16 } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { type Dim, formatDims } from '../core/shape.ts';
import { type HostTensor, hostTensor } from '../core/tensor.ts';
import type { ValueInfo } from '../graph/graph.ts';
import { placePicture, type ResizeMode } from '../image/placement.ts';
import { normalise, type Preprocessing } from '../image/preprocessing.ts';
import { type Picture, resample } from '../image/resample.ts';

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

/** `crop`: the short side is fitted and the long one cut at both ends; `stretch`: all of it. */
export type PictureResize = 'crop' | 'stretch';

export function resize(
  picture: Picture,
  width: number,
  height: number,
  mode: PictureResize,
): Picture {
  const fit: ResizeMode = mode === 'crop' ? 'cover' : mode;
  return resample(picture, placePicture(picture, { width, height }, fit).source, width, height);
}

/**
 * One picture as a tensor of batch 1. A symbolic height or width takes the picture's own.
 * @throws WgconvError `wrong-shape` where the channels are not those of the model
 */
export function toTensor(
  picture: Picture,
  input: PictureInput,
  preprocessing: Preprocessing,
  mode: PictureResize,
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
  const values = normalise(resize(picture, width, height, mode), preprocessing, channelsLast);
  const dims = channelsLast ? [1, height, width, channels] : [1, channels, height, width];
  return hostTensor(type, dims, store(type, values));
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
