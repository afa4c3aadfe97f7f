/** `--image` and how its pixels become numbers, for the commands that take pictures. */

import type { ValueInfo } from '../graph/graph.ts';
import { type Channels, type Preprocessing, presets } from '../image/preprocessing.ts';
import type { Picture } from '../image/resample.ts';
import type { NamedTensor } from './engine.ts';
import { UsageError } from './failure.ts';
import { readPicture } from './pictures.ts';
import {
  defaultPreset,
  type PictureInput,
  type PictureResize,
  pictureInputOf,
  toTensor,
} from './preprocess.ts';

/** The command line has checked the name. */
const byName: Readonly<Record<string, Preprocessing>> = presets;

export interface PictureOptions {
  readonly image?: readonly string[] | undefined;
  readonly preset?: string | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly channels?: Channels | undefined;
  readonly scale?: number | undefined;
  readonly resize: PictureResize;
}

/** How pixels become numbers, and a sentence that says so where nobody chose it. */
export interface ChosenPreprocessing {
  readonly preprocessing: Preprocessing;
  readonly note?: string | undefined;
}

export function choosePreprocessing(
  { preset, mean, std, channels, scale }: PictureOptions,
  count: 1 | 3,
): ChosenPreprocessing {
  if (preset !== undefined) return { preprocessing: byName[preset] as Preprocessing };
  const order = channels ?? (count === 1 ? 'gray' : 'rgb');
  if (order === 'gray' && [mean, std].some((values) => values && values.length > 1)) {
    throw new UsageError('--mean and --std take one number for a gray picture');
  }
  if (std?.includes(0)) throw new UsageError('--std must not be 0');
  const said = mean ?? std ?? scale;
  if (said !== undefined) {
    return {
      preprocessing: { channels: order, scale: scale ?? 1, mean: mean ?? [0], std: std ?? [1] },
    };
  }
  const name = defaultPreset(count);
  return {
    preprocessing: { ...(byName[name] as Preprocessing), channels: order },
    note:
      `No --preset was given: pixels go in as ${order === 'gray' ? 'gray' : order.toUpperCase()} ` +
      'divided by 255. If the model was trained otherwise, the result means little.',
  };
}

export interface LoadedPicture {
  readonly file: string;
  readonly picture: Picture;
}

/** Reads the pictures before a browser is started: a wrong file is known at once. */
export function readPictures(files: readonly string[] = []): LoadedPicture[] {
  return files.map((file) => ({ file, picture: readPicture(file) }));
}

/** The one input that is a picture and has no tensor yet. */
export function findPictureInput(
  inputs: readonly ValueInfo[],
  feeds: readonly NamedTensor[],
): PictureInput {
  const open = inputs.filter(({ name }) => !feeds.some((feed) => feed.name === name));
  const [input, ...others] = open;
  if (!input) throw new UsageError('every input has a tensor already; there is none for --image');
  if (others.length > 0) {
    throw new UsageError(
      `the model has ${open.length} inputs without a tensor (${open.map(({ name }) => `"${name}"`).join(', ')}); ` +
        'give all but the picture with --input NAME=FILE',
    );
  }
  return pictureInputOf(input);
}

/** Sizes of `--input-shape` in place of symbolic ones. */
export function sizedInput(input: PictureInput, shape: readonly number[] | undefined) {
  if (!shape) return input;
  const [batch, first, second, third] = shape;
  const [height, width] = input.channelsLast ? [first, second] : [second, third];
  return {
    ...input,
    batch: batch ?? input.batch,
    height: height ?? input.height,
    width: width ?? input.width,
  };
}

/** One tensor for as many pictures as a batch has; missing ones repeat the last. */
export function batchOf(
  pictures: readonly Picture[],
  input: PictureInput,
  preprocessing: Preprocessing,
  mode: PictureResize,
): NamedTensor {
  const size = typeof input.batch === 'number' ? input.batch : pictures.length;
  const tensors = pictures.map((picture) => toTensor(picture, input, preprocessing, mode));
  const last = tensors[tensors.length - 1];
  if (!last) throw new UsageError('there is no picture');
  const bytes = new Uint8Array(last.bytes.length * size);
  for (let at = 0; at < size; at++) bytes.set((tensors[at] ?? last).bytes, at * last.bytes.length);
  return { name: input.name, type: last.type, dims: [size, ...last.dims.slice(1)], bytes };
}
