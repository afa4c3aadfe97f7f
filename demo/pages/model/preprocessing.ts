/** What is done to pictures before the model sees them: what is usual, and one's own numbers. */

import {
  type ImageToTensorOptions,
  type Preprocessing,
  presets as wellKnown,
} from '../../../src/image/index.ts';
import type { PictureShape } from './feeds.ts';

export type PresetId = 'unit' | 'signed' | 'bytes' | 'imagenet' | 'caffe' | 'inverted' | 'own';

/** (value · scale − mean) / std of values from 0 to 255. */
export const presets: Readonly<Record<Exclude<PresetId, 'own'>, Preprocessing>> = {
  unit: wellKnown.unit,
  signed: { channels: 'rgb', scale: 1 / 127.5, mean: [1], std: [1] },
  bytes: { channels: 'rgb', scale: 1, mean: [0], std: [1] },
  imagenet: wellKnown.imagenet,
  caffe: wellKnown['squeezenet-caffe'],
  // Dark ink on white paper for a network of white digits on black: 1 − value / 255.
  inverted: { channels: 'rgb', scale: -1 / 255, mean: [-1], std: [1] },
};

/** Those that make sense for so many channels, the likeliest first. */
export function presetsFor({ channels }: Pick<PictureShape, 'channels'>): readonly PresetId[] {
  return channels === 1
    ? ['unit', 'inverted', 'bytes', 'signed', 'own']
    : ['unit', 'imagenet', 'signed', 'bytes', 'caffe', 'own'];
}

export type Resize = 'stretch' | 'cover' | 'contain';

/** What `imageToTensor` is told for an input. */
export function pictureOptions(
  { channels, width, height, layout }: PictureShape,
  preprocessing: Preprocessing,
  resize: Resize,
): ImageToTensorOptions {
  const { scale, mean, std } = preprocessing;
  return {
    ...{ width, height, layout, resize, scale, mean, std },
    channels: channels === 1 ? 'gray' : preprocessing.channels === 'bgr' ? 'bgr' : 'rgb',
  };
}

/** `0.485, 0.456, 0.406` as numbers; undefined where it is none, or not so many. */
export function parseNumbers(text: string, channels: number): number[] | undefined {
  const numbers = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(evaluate);
  const fits = numbers.length === 1 || numbers.length === channels;
  return fits && numbers.every(Number.isFinite) ? numbers : undefined;
}

/** A number, or a fraction such as 1/255. */
function evaluate(text: string): number {
  const [above, below, ...more] = text.split('/');
  if (more.length > 0 || above === '' || below === '') return Number.NaN;
  return below === undefined ? Number(above) : Number(above) / Number(below);
}
