/** `tensorToImageData`: a model's output as pixels, the way back from `imageToTensor`. */

import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { formatDims } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import { finite, numberList } from './checks.ts';
import { type ColorMap, paletteOf } from './color-map.ts';
import { numbersOf } from './numbers.ts';
import { ofChannel } from './preprocessing.ts';
import { type ImageLayout, viewImage } from './view.ts';

export interface TensorToImageDataOptions {
  /** Order of the tensor's axes; `NCHW` where left out. */
  readonly layout?: ImageLayout | undefined;
  /** Which image of the batch; the first where left out. */
  readonly batch?: number | undefined;
  /** What the channels are; by their number (1, 3 or 4) where left out. */
  readonly channels?: 'gray' | 'rgb' | 'bgr' | 'rgba' | undefined;
  /** Which channel is drawn in gray, of several; the first where left out. */
  readonly channel?: number | undefined;
  /** Numbers of black and white; in place of `scale`, `mean` and `std`. */
  readonly range?: readonly [number, number] | undefined;
  /** As in `imageToTensor`: a pixel is `(number · std + mean) / scale`. Alpha is a number in [0, 1]. */
  readonly scale?: number | undefined;
  readonly mean?: number | readonly number[] | undefined;
  readonly std?: number | readonly number[] | undefined;
  /** Colours of a gray picture from black to white, as for a mask `[[255, 0, 0, 0], [255, 0, 0, 160]]`. */
  readonly colorMap?: ColorMap | undefined;
}

/** The types see to it that none is forgotten. */
const known: Readonly<Record<keyof TensorToImageDataOptions, true>> = {
  ...{ layout: true, batch: true, channels: true, channel: true, range: true },
  ...{ scale: true, mean: true, std: true, colorMap: true },
};

/** The tensor's channels that are red, green, blue and alpha. */
const lanes = { gray: [0, 0, 0], rgb: [0, 1, 2], bgr: [2, 1, 0], rgba: [0, 1, 2, 3] } as const;
type Kind = keyof typeof lanes;
const kinds: Readonly<Record<Kind, true>> = { gray: true, rgb: true, bgr: true, rgba: true };

/**
 * The pixels of an image tensor; downloaded first where it lives on the GPU (`drawTensor` needs no
 * download). Numbers beyond black and white are those, NaN is black.
 *
 * @throws WgconvError `wrong-shape`, `invalid-argument`
 */
export async function tensorToImageData(
  tensor: Tensor,
  options: TensorToImageDataOptions = {},
): Promise<ImageData> {
  refuseUnknown('option of tensorToImageData()', options, known);
  if (!(tensor instanceof Tensor)) {
    throw new WgconvError('invalid-argument', 'tensorToImageData() takes a Tensor');
  }
  const view = viewImage(tensor, options.layout, options.batch);
  const kind = kindOf(tensor, view.channels, options);
  const pixelOf = decoder(kind, options);
  const palette = options.colorMap && paletteOf(options.colorMap);
  const values = numbersOf(tensor.type, await tensor.getData());
  const { width, height } = view;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const first = kind === 'gray' ? (options.channel ?? 0) : 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = view.start + y * view.rowStride + x * view.columnStride;
      const at = (y * width + x) * 4;
      pixels[at + 3] = 255;
      for (const [lane, channel] of lanes[kind].entries()) {
        const value = values[place + (first + channel) * view.channelStride] as number;
        pixels[at + lane] = lane === 3 ? value * 255 : pixelOf(value, channel);
      }
      if (!palette) continue;
      const step = Math.round(((pixels[at] as number) / 255) * (palette.length / 4 - 1)) * 4;
      pixels.set(palette.subarray(step, step + 4), at);
    }
  }
  return imageData(pixels, width, height);
}

function kindOf(tensor: Tensor, channels: number, options: TensorToImageDataOptions): Kind {
  const { channel, colorMap } = options;
  const isOne = channel !== undefined || colorMap !== undefined;
  const byNumber: Readonly<Record<number, Kind>> = { 1: 'gray', 3: 'rgb', 4: 'rgba' };
  const kind = options.channels ?? (isOne ? 'gray' : byNumber[channels]);
  const shape = `a tensor of the shape ${formatDims(tensor.dims)} has ${channels} channels`;
  if (!kind) {
    throw new WgconvError(
      'wrong-shape',
      `${shape}, which are no picture: choose one, as { channel: 0 }, or another layout`,
    );
  }
  refuseUnknown('kind of channels', { [kind]: true }, kinds);
  if (kind !== 'gray' && isOne) {
    throw new WgconvError(
      'invalid-argument',
      `channel and colorMap are for gray pictures, and this one is to be ${kind}`,
    );
  }
  const needed = kind === 'gray' ? (channel ?? 0) + 1 : lanes[kind].length;
  const isWhole = channel === undefined || (Number.isInteger(channel) && channel >= 0);
  if (!isWhole || needed > channels) {
    const wanted = kind === 'gray' ? `channel ${channel ?? 0} of it` : kind;
    throw new WgconvError('wrong-shape', `${shape}: there is no ${wanted}`);
  }
  return kind;
}

/** A number of a channel → a value in [0, 255]. */
function decoder(
  kind: Kind,
  options: TensorToImageDataOptions,
): (value: number, channel: number) => number {
  const { range } = options;
  if (range !== undefined) {
    const [low, high] = Array.isArray(range) ? range : [0, 0];
    if (!Number.isFinite(low) || !Number.isFinite(high) || low === high) {
      throw new WgconvError(
        'invalid-argument',
        `range is ${JSON.stringify(range)}, but takes the numbers of black and of white`,
      );
    }
    const other = (['scale', 'mean', 'std'] as const).find((name) => options[name] !== undefined);
    if (other) {
      throw new WgconvError('invalid-argument', `give either range or ${other}, not both`);
    }
    return (value) => ((value - low) / (high - low)) * 255;
  }
  const scale = finite('scale', options.scale ?? 1 / 255);
  if (scale === 0) throw new WgconvError('invalid-argument', 'scale must not be 0');
  const count = kind === 'gray' ? 1 : 3;
  const mean = numberList('mean', options.mean ?? 0, count);
  const std = numberList('std', options.std ?? 1, count);
  return (value, channel) => (value * ofChannel(std, channel) + ofChannel(mean, channel)) / scale;
}

function imageData(data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): ImageData {
  if (typeof ImageData === 'function') return new ImageData(data, width, height);
  // Node has no such class.
  return { data, width, height, colorSpace: 'srgb' } as ImageData;
}
