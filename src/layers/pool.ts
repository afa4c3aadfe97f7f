/** Pooling over windows and over whole images: maximum, average, minimum. */

import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, type NumberOrPair, OptionReader } from './options.ts';
import { imageOf, type Window, windowAttributes, windowOutput } from './window.ts';

export interface Pooling2dOptions extends LayerOptions {
  /** [2, 2] by default. */
  readonly poolSize?: NumberOrPair | undefined;
  /** As `poolSize` by default. */
  readonly strides?: NumberOrPair | undefined;
  /** 'valid' by default. Padding is never the maximum or minimum, and no part of an average. */
  readonly padding?: 'valid' | 'same' | undefined;
}

function pooling2d(className: string, defaultName: string, op: string) {
  return (options: Pooling2dOptions = {}): Layer => {
    const kind = { className, defaultName };
    const reader = new OptionReader(kind, options, {
      poolSize: true,
      strides: true,
      padding: true,
    });
    const kernel = reader.pair('poolSize', options.poolSize ?? 2);
    const window: Window = {
      kernel,
      strides: options.strides == null ? kernel : reader.pair('strides', options.strides),
      dilations: [1, 1],
      padding: reader.oneOf<'valid' | 'same'>('padding', options.padding ?? 'valid', [
        'valid',
        'same',
      ]),
    };
    return makeLayer(
      {
        ...kind,
        build([input], fail) {
          const { size, channels } = imageOf(input, fail);
          const shape = [...windowOutput(size, window, fail), channels];
          return {
            shape,
            emit(emitter, [x]) {
              const name = emitter.node(op, [emitter.first(x)], windowAttributes(window));
              return emitter.value(shape, 'first', name);
            },
          };
        },
      },
      options,
    );
  };
}

export const maxPooling2d = pooling2d('MaxPooling2D', 'max_pooling2d', 'MaxPool');
export const averagePooling2d = pooling2d('AveragePooling2D', 'average_pooling2d', 'AveragePool');
/** wgconv's own: the smallest element of each window. */
export const minPooling2d = pooling2d('MinPooling2D', 'min_pooling2d', 'wgconv.MinPool');

export interface GlobalPooling2dOptions extends LayerOptions {
  /** [1, 1, channels] in place of [channels]. */
  readonly keepDims?: boolean | undefined;
}

function globalPooling2d(
  className: string,
  defaultName: string,
  op: 'GlobalAveragePool' | 'GlobalMaxPool' | 'ReduceMin',
) {
  return (options: GlobalPooling2dOptions = {}): Layer => {
    const kind = { className, defaultName };
    new OptionReader(kind, options, { keepDims: true });
    const { keepDims = false } = options;
    return makeLayer(
      {
        ...kind,
        build([input], fail) {
          const { channels } = imageOf(input, fail);
          const shape = keepDims ? [1, 1, channels] : [channels];
          return {
            shape,
            emit(emitter, [x]) {
              const axes = op === 'ReduceMin' ? [emitter.integers('axes', [2, 3])] : [];
              const pooled = emitter.node(op, [emitter.first(x), ...axes]);
              if (keepDims) return emitter.value(shape, 'first', pooled);
              return emitter.value(shape, 'last', emitter.node('Flatten', [pooled]));
            },
          };
        },
      },
      options,
    );
  };
}

export const globalAveragePooling2d = globalPooling2d(
  'GlobalAveragePooling2D',
  'global_average_pooling2d',
  'GlobalAveragePool',
);
export const globalMaxPooling2d = globalPooling2d(
  'GlobalMaxPooling2D',
  'global_max_pooling2d',
  'GlobalMaxPool',
);
/** wgconv's own: the smallest element of each channel. */
export const globalMinPooling2d = globalPooling2d(
  'GlobalMinPooling2D',
  'global_min_pooling2d',
  'ReduceMin',
);
