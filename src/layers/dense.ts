/** Dense layers, and those that give a tensor another shape. */

import { sizeOf } from '../core/shape.ts';
import { type ActivationName, activationOf } from './activation.ts';
import type { LayerEmitter, Value } from './emitter.ts';
import { kernelFirst } from './kernels.ts';
import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';
import { formatShape, type Shape } from './shape.ts';
import type { WeightSpec } from './weights.ts';

export interface DenseOptions extends LayerOptions {
  readonly units: number;
  /** 'linear' by default. */
  readonly activation?: ActivationName | null | undefined;
  /** true by default. */
  readonly useBias?: boolean | undefined;
}

/** Over the last axis, of a tensor of any rank. */
export function dense(options: DenseOptions): Layer {
  const kind = { className: 'Dense', defaultName: 'dense' };
  const reader = new OptionReader(kind, options, { units: true, activation: true, useBias: true });
  const units = reader.integer('units', options.units);
  const activate = activationOf(reader, options.activation);
  const { useBias = true } = options;
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const depth = input.at(-1);
        if (typeof depth !== 'number') {
          return fail(`the last size of its input ${formatShape(input)} must be known`);
        }
        const shape = [...input.slice(0, -1), units];
        const bias: WeightSpec = { name: 'bias', shape: [units], initial: 'zeros' };
        return {
          shape,
          weights: [
            { name: 'kernel', shape: [depth, units], initial: 'glorotUniform' },
            ...(useBias ? [bias] : []),
          ],
          emit(emitter, [x], { kernel = new Float32Array(), bias }) {
            return activate(emitter, product(emitter, x, shape, { kernel, bias, depth, units }));
          },
        };
      },
    },
    options,
  );
}

interface Product {
  readonly kernel: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly depth: number;
  readonly units: number;
}

function product(emitter: LayerEmitter, x: Value, shape: Shape, product: Product): Value {
  const { kernel, bias, depth, units } = product;
  const biases = bias ? [emitter.floats('bias', [units], bias)] : [];
  if (x.names.has('first') && x.shape.length === 3) {
    const [dims, data] = kernelFirst({ shape: [1, 1, depth, units], data: kernel });
    const inputs = [emitter.first(x), emitter.floats('kernel_1x1', dims, data), ...biases];
    const sums = emitter.node('Conv', inputs, { kernel_shape: [1, 1] });
    return emitter.value(shape, 'first', sums);
  }
  const { image } = x;
  const weights = image
    ? emitter.floats('kernel_first', [depth, units], rowsFirst(kernel, image, units))
    : emitter.floats('kernel', [depth, units], kernel);
  if (x.shape.length === 1) {
    const inputs = [emitter.in(x.order, x), weights, ...biases];
    return emitter.value(shape, 'last', emitter.node('Gemm', inputs));
  }
  const sums = emitter.node('MatMul', [emitter.last(x), weights]);
  const [addend] = biases;
  return emitter.value(shape, 'last', addend ? emitter.node('Add', [sums, addend]) : sums);
}

/** Rows for [height, width, channels] as rows for [channels, height, width]. */
function rowsFirst(
  kernel: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  units: number,
): Float32Array {
  const pixels = height * width;
  const result = new Float32Array(kernel.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const row = (pixel * channels + channel) * units;
      result.set(kernel.subarray(row, row + units), (channel * pixels + pixel) * units);
    }
  }
  return result;
}

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
