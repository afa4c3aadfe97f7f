/** Layers that change an image's height and width without arithmetic on its values, but upsampling. */

import type { LayerEmitter } from './emitter.ts';
import type { Fail, Layer, LayerKind, LayerOptions } from './layer.ts';
import { makeLayer, type NumberOrPair, OptionReader, type Sides } from './options.ts';
import type { Shape } from './shape.ts';
import { imageOf } from './window.ts';

export interface ZeroPadding2dOptions extends LayerOptions {
  /** 1 at every side by default. */
  readonly padding?: NumberOrPair | Sides | undefined;
}

export interface Padding2dOptions extends ZeroPadding2dOptions {
  /** 'constant' by default; 'replicate' repeats the border, 'reflect' mirrors at it. */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | undefined;
  /** What 'constant' fills with, 0 by default. */
  readonly value?: number | undefined;
}

export interface Cropping2dOptions extends LayerOptions {
  /** 0 by default. */
  readonly cropping?: NumberOrPair | Sides | undefined;
}

export interface UpSampling2dOptions extends LayerOptions {
  /** 2 by default. */
  readonly size?: NumberOrPair | undefined;
  /** 'nearest' by default. 'bilinear' samples at x / size, as TensorFlow.js does. */
  readonly interpolation?: 'nearest' | 'bilinear' | undefined;
}

/** Pads with a value; `name` has channels first. */
export function constantPad(
  emitter: LayerEmitter,
  name: string,
  sides: Sides,
  value: number,
): string {
  return emitter.node('Pad', [
    name,
    padsOf(emitter, sides),
    emitter.scalar('padding_value', value),
  ]);
}

function padsOf(emitter: LayerEmitter, [[top, bottom], [left, right]]: Sides): string {
  return emitter.integers('pads', [0, 0, top, left, 0, 0, bottom, right]);
}

/** A layer of images that keeps the channels. */
function resizing(
  kind: Pick<LayerKind, 'className' | 'defaultName'>,
  options: LayerOptions,
  size: (size: number, axis: 0 | 1, fail: Fail) => number,
  emit: (emitter: LayerEmitter, name: string) => string,
): Layer {
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const image = imageOf(input, fail);
        const [height, width] = image.size;
        const shape: Shape = [
          height === null ? null : size(height, 0, fail),
          width === null ? null : size(width, 1, fail),
          image.channels,
        ];
        return {
          shape,
          emit: (emitter, [x]) => emitter.value(shape, 'first', emit(emitter, emitter.first(x))),
        };
      },
    },
    options,
  );
}

export function zeroPadding2d(options: ZeroPadding2dOptions = {}): Layer {
  const kind = { className: 'ZeroPadding2D', defaultName: 'zero_padding2d' };
  const reader = new OptionReader(kind, options, { padding: true });
  const sides = reader.sides('padding', options.padding ?? 1);
  return resizing(
    kind,
    options,
    (size, axis) => size + sides[axis][0] + sides[axis][1],
    (emitter, name) => constantPad(emitter, name, sides, 0),
  );
}

/** wgconv's own: any constant around the image, its mirror image, or its border repeated. */
export function padding2d(options: Padding2dOptions = {}): Layer {
  const kind = { className: 'Padding2D', defaultName: 'padding2d' };
  const reader = new OptionReader(kind, options, { padding: true, mode: true, value: true });
  const sides = reader.sides('padding', options.padding ?? 1);
  const value = reader.number('value', options.value ?? 0);
  const { mode = 'constant' } = options;
  reader.oneOf('mode', mode, ['constant', 'reflect', 'replicate']);
  return resizing(
    kind,
    options,
    (size, axis, fail) => {
      const [before, after] = sides[axis];
      if (mode === 'reflect' && Math.max(before, after) >= size) {
        fail(
          `mode 'reflect' can add at most ${size - 1} to ${size}, not ${Math.max(before, after)}`,
        );
      }
      return size + before + after;
    },
    (emitter, name) => {
      if (mode === 'constant') return constantPad(emitter, name, sides, value);
      return emitter.node('Pad', [name, padsOf(emitter, sides)], {
        mode: mode === 'replicate' ? 'edge' : 'reflect',
      });
    },
  );
}

export function cropping2d(options: Cropping2dOptions = {}): Layer {
  const kind = { className: 'Cropping2D', defaultName: 'cropping2d' };
  const reader = new OptionReader(kind, options, { cropping: true });
  const sides = reader.sides('cropping', options.cropping ?? 0);
  const [[top, bottom], [left, right]] = sides;
  // An end far behind the last element is the end.
  const end = (cropped: number) => (cropped > 0 ? -cropped : 2 ** 31 - 1);
  return resizing(
    kind,
    options,
    (size, axis, fail) => {
      const rest = size - sides[axis][0] - sides[axis][1];
      if (rest < 1) fail(`it crops ${size - rest} of ${size}: nothing is left`);
      return rest;
    },
    (emitter, name) =>
      emitter.node('Slice', [
        name,
        emitter.integers('starts', [top, left]),
        emitter.integers('ends', [end(bottom), end(right)]),
        emitter.integers('axes', [2, 3]),
      ]),
  );
}

export function upSampling2d(options: UpSampling2dOptions = {}): Layer {
  const kind = { className: 'UpSampling2D', defaultName: 'up_sampling2d' };
  const reader = new OptionReader(kind, options, { size: true, interpolation: true });
  const factors = reader.pair('size', options.size ?? 2);
  const { interpolation = 'nearest' } = options;
  reader.oneOf('interpolation', interpolation, ['nearest', 'bilinear']);
  return resizing(
    kind,
    options,
    (size, axis) => size * factors[axis],
    (emitter, name) =>
      emitter.node('Resize', [name, '', emitter.floats('scales', [4], [1, 1, ...factors])], {
        mode: interpolation === 'nearest' ? 'nearest' : 'linear',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: interpolation === 'nearest' ? 'floor' : undefined,
      }),
  );
}
