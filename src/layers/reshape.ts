/** Layers that give the elements another shape or order: flatten, reshape, permute. */

import { sizeOf } from '../core/shape.ts';
import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';
import { formatShape, type Shape } from './shape.ts';

/** One axis after the batch, in Keras's order: height, width, channels. */
export function flatten(options: LayerOptions = {}): Layer {
  const kind = { className: 'Flatten', defaultName: 'flatten' };
  new OptionReader(kind, options, {});
  return makeLayer(
    {
      ...kind,
      build([input]) {
        const sizes = input.filter((size) => size !== null);
        const isKnown = sizes.length === input.length;
        const shape: Shape = [isKnown ? sizeOf(sizes) : null];
        return {
          shape,
          emit(emitter, [x]) {
            const [height = 0, width = 0, channels = 0] = sizes;
            const mixes = channels > 1 && height * width > 1;
            if (x.names.has('first') && isKnown && x.shape.length === 3) {
              const flat = emitter.node('Flatten', [emitter.first(x)]);
              // Of one channel or one pixel both orders are the same.
              if (!mixes) return emitter.value(shape, 'last', flat);
              return emitter.value(shape, 'first', flat, [height, width, channels]);
            }
            if (x.shape.length === 1) return x;
            return emitter.value(shape, 'last', emitter.node('Flatten', [emitter.last(x)]));
          },
        };
      },
    },
    options,
  );
}

export interface ReshapeOptions extends LayerOptions {
  /** Without the batch; one size may be -1 or null: what is left. */
  readonly targetShape: readonly (number | null)[];
}

export function reshape(options: ReshapeOptions): Layer {
  const kind = { className: 'Reshape', defaultName: 'reshape' };
  const reader = new OptionReader(kind, options, { targetShape: true });
  if (!Array.isArray(options.targetShape) || options.targetShape.length === 0) {
    reader.fail('it needs a targetShape, such as [7, 7, 64], without the batch');
  }
  const target = options.targetShape.map((size: number | null) =>
    size === null ? -1 : reader.integer('targetShape', size, size === -1 ? -1 : 1),
  );
  if (target.filter((size) => size === -1).length > 1) {
    reader.fail('at most one size of targetShape may be left open');
  }
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const sizes = input.filter((size) => size !== null);
        const fixed = sizeOf(target.filter((size) => size !== -1));
        const total = sizes.length === input.length ? sizeOf(sizes) : undefined;
        const open = target.includes(-1);
        if (total !== undefined && (open ? total % fixed !== 0 : total !== fixed)) {
          fail(
            `its input ${formatShape(input)} has ${total} elements, which do not make ${formatShape(target)}`,
          );
        }
        const rest = total === undefined ? null : total / fixed;
        const shape = target.map((size) => (size === -1 ? rest : size));
        return {
          shape,
          emit(emitter, [x]) {
            const dims = emitter.integers('target', [0, ...shape.map((size) => size ?? -1)]);
            return emitter.value(shape, 'last', emitter.node('Reshape', [emitter.last(x), dims]));
          },
        };
      },
    },
    options,
  );
}

export interface PermuteOptions extends LayerOptions {
  /** Which axis comes at each place; the first after the batch is 1. */
  readonly dims: readonly number[];
}

export function permute(options: PermuteOptions): Layer {
  const kind = { className: 'Permute', defaultName: 'permute' };
  const reader = new OptionReader(kind, options, { dims: true });
  const { dims } = options;
  if (!Array.isArray(dims) || [...dims].sort((a, b) => a - b).some((d, i) => d !== i + 1)) {
    reader.fail(
      `dims must be the axes from 1 in another order, such as [2, 1], not ${JSON.stringify(dims)}`,
    );
  }
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        if (input.length !== dims.length) {
          fail(
            `it permutes ${dims.length} axes, but its input ${formatShape(input)} has ${input.length}`,
          );
        }
        const shape = dims.map((axis) => input[axis - 1] ?? null);
        return {
          shape,
          emit(emitter, [x]) {
            const name = emitter.node('Transpose', [emitter.last(x)], { perm: [0, ...dims] });
            return emitter.value(shape, 'last', name);
          },
        };
      },
    },
    options,
  );
}
