/** Dense layers. https://js.tensorflow.org/api/latest/#layers.dense */

import { type ActivationName, activationOf } from './activation.ts';
import type { LayerEmitter, Value } from './emitter.ts';
import { kernelFirst } from './kernels.ts';
import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';
import { formatShape, type Shape } from './shape.ts';
import { biasOf } from './weights.ts';

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
        return {
          shape,
          weights: [
            { name: 'kernel', shape: [depth, units], initial: 'glorotUniform' },
            ...biasOf(useBias, [units]),
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
    ? emitter.floats('kernel_first', [depth, units], rowsFirst(kernel, image, units), `${image}`)
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
