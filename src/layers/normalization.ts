/** Batch normalisation, with the statistics of training. */

import { float } from './emitter.ts';
import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';
import { formatShape } from './shape.ts';
import type { WeightSpec } from './weights.ts';

export interface BatchNormalizationOptions extends LayerOptions {
  /** The axis of the channels, the last one (-1) by default; no other one is supported. */
  readonly axis?: number | undefined;
  /** 0.001 by default. */
  readonly epsilon?: number | undefined;
  /** Of training; without meaning here. */
  readonly momentum?: number | undefined;
  /** Whether there is a beta, true by default. */
  readonly center?: boolean | undefined;
  /** Whether there is a gamma, true by default. */
  readonly scale?: boolean | undefined;
}

/** gamma · (x − moving_mean) / √(moving_variance + epsilon) + beta for each channel. */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const kind = { className: 'BatchNormalization', defaultName: 'batch_normalization' };
  const reader = new OptionReader(kind, options, {
    ...{ axis: true, epsilon: true, momentum: true, center: true, scale: true },
  });
  const epsilon = float(reader.number('epsilon', options.epsilon ?? 1e-3));
  const { axis = -1, center = true, scale = true } = options;
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        if (axis !== -1 && axis !== input.length) {
          fail(`only the last axis can be normalised: axis -1 or ${input.length}, not ${axis}`);
        }
        const channels = input.at(-1);
        if (typeof channels !== 'number') {
          return fail(`the last size of its input ${formatShape(input)} must be known`);
        }
        if (input.length !== 1 && input.length !== 3) {
          fail(
            `it takes [features] or images [height, width, channels], not ${formatShape(input)}`,
          );
        }
        const weight = (name: string, initial: 'zeros' | 'ones', trainable = true): WeightSpec => ({
          ...{ name, shape: [channels], initial, trainable },
        });
        return {
          shape: input,
          weights: [
            ...(scale ? [weight('gamma', 'ones')] : []),
            ...(center ? [weight('beta', 'zeros')] : []),
            weight('moving_mean', 'zeros', false),
            weight('moving_variance', 'ones', false),
          ],
          emit(emitter, [x], weights) {
            const vector = (name: string, missing: number) =>
              emitter.floats(
                name,
                [channels],
                weights[name] ?? new Float32Array(channels).fill(missing),
              );
            const order = input.length === 3 ? 'first' : 'last';
            const name = emitter.node(
              'BatchNormalization',
              [
                emitter.in(order, x),
                vector('gamma', 1),
                vector('beta', 0),
                vector('moving_mean', 0),
                vector('moving_variance', 1),
              ],
              { epsilon },
            );
            return emitter.value(input, order, name);
          },
        };
      },
    },
    options,
  );
}
