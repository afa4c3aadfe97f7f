/** What `imageToTensor` is told: its options, their defaults, and what is wrong with them. */

import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { formatDims } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import { finite, numberList, wholeNumber } from './checks.ts';
import { type Color, checkColor } from './color-map.ts';
import type { OnDevice } from './gpu.ts';
import { type Placement, placePicture, type ResizeMode, type Size } from './placement.ts';
import { type Channels, channelOrders, type Preprocessing, shares } from './preprocessing.ts';
import type { ImageLayout } from './view.ts';

export interface ImageToTensorOptions extends OnDevice {
  /** Size of the tensor's image; where left out that of `into`, or the picture's own. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** `stretch` where left out. */
  readonly resize?: ResizeMode | undefined;
  /** Colour of the margin that `contain` leaves; black where left out. */
  readonly fill?: Color | undefined;
  /** What transparent pixels lie over, white where left out; `none` takes no notice of alpha. */
  readonly background?: Color | 'none' | undefined;
  /** Order of the tensor's channels; `rgb` where left out. */
  readonly channels?: Channels | undefined;
  /** A channel's number is `(value · scale − mean) / std` of values in [0, 255]; 1/255 where left out. */
  readonly scale?: number | undefined;
  /** One number for all channels or one each, in the tensor's order; 0 where left out. */
  readonly mean?: number | readonly number[] | undefined;
  /** As `mean`; 1 where left out. */
  readonly std?: number | readonly number[] | undefined;
  /** `NCHW` where left out. */
  readonly layout?: ImageLayout | undefined;
  /**
   * A float32 tensor to write to in place of a new one, as one frame of a video after another: of the
   * result's shape, on the GPU where `session` or `device` is. What it held before is gone.
   */
  readonly into?: Tensor | undefined;
  /** Ends it early: `imageToTensor` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the CPU and the GPU make alike. */
export interface Sampling extends Preprocessing {
  readonly size: Size;
  readonly placement: Placement;
  readonly fill: Color;
  readonly background: Color | 'none';
  readonly channelsLast: boolean;
  /** Of the tensor. */
  readonly dims: readonly number[];
}

/** The types see to it that none is forgotten. */
const known: Readonly<Record<keyof ImageToTensorOptions, true>> = {
  ...{ width: true, height: true, resize: true, fill: true, background: true, channels: true },
  ...{ scale: true, mean: true, std: true, layout: true, device: true, session: true },
  ...{ into: true, signal: true },
};
const modes: Readonly<Record<ResizeMode, true>> = { stretch: true, cover: true, contain: true };
const layouts: Readonly<Record<ImageLayout, true>> = { NCHW: true, NHWC: true };

/** A gigabyte of float32. */
const mostNumbers = 2 ** 28;

/** @throws WgconvError `invalid-argument` where one is none */
export function checkNames(options: ImageToTensorOptions): void {
  refuseUnknown('option of imageToTensor()', options, known);
}

/** Options with their defaults, checked. */
export function samplingOf(picture: Size, options: ImageToTensorOptions): Sampling {
  const { resize = 'stretch', layout = 'NCHW', channels = 'rgb', background, into } = options;
  refuseUnknown('resize mode', { [resize]: true }, modes);
  refuseUnknown('layout', { [layout]: true }, layouts);
  refuseUnknown(
    'order of channels',
    { [channels]: true },
    Object.fromEntries(channelOrders.map((order) => [order, true])),
  );
  const channelsLast = layout === 'NHWC';
  const [rows, columns] = into ? sidesOf(into, channelsLast) : [];
  const size = {
    width: wholeNumber('width', options.width ?? columns ?? picture.width, 1),
    height: wholeNumber('height', options.height ?? rows ?? picture.height, 1),
  };
  const count = shares[channels].length;
  const { width, height } = size;
  const dims = channelsLast ? [1, height, width, count] : [1, count, height, width];
  if (into && formatDims(into.dims) !== formatDims(dims)) {
    throw new WgconvError(
      'wrong-shape',
      `into has the shape ${formatDims(into.dims)}, but the picture becomes ${formatDims(dims)}`,
    );
  }
  if (size.width * size.height * count > mostNumbers) {
    throw new WgconvError(
      'limit-exceeded',
      `a tensor of ${size.width}×${size.height} pixels is larger than memory: choose a smaller width and height`,
    );
  }
  const scale = finite('scale', options.scale ?? 1 / 255);
  const std = numberList('std', options.std ?? 1, count);
  if (std.includes(0)) throw new WgconvError('invalid-argument', 'std must not be 0');
  return {
    ...{ size, channels, scale, std },
    mean: numberList('mean', options.mean ?? 0, count),
    placement: placePicture(picture, size, resize),
    fill: checkColor(options.fill ?? [0, 0, 0]),
    background: background === 'none' ? 'none' : checkColor(background ?? [255, 255, 255]),
    ...{ channelsLast, dims },
  };
}

/** Height and width of a tensor that is written to, where it has any. */
function sidesOf(into: Tensor, channelsLast: boolean): readonly number[] {
  if (!(into instanceof Tensor)) {
    throw new WgconvError('invalid-argument', 'into takes a Tensor');
  }
  if (into.type !== 'float32') {
    throw new WgconvError(
      'wrong-type',
      `a picture becomes float32 numbers, but into holds ${into.type}`,
    );
  }
  return channelsLast ? into.dims.slice(1, 3) : into.dims.slice(2);
}
