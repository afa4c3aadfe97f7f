/**
 * Activation functions by Keras's names, and the layers that are an activation.
 * https://js.tensorflow.org/api/latest/#layers.activation
 */

import { axisIn, axisOf } from './axis.ts';
import { float, type LayerEmitter, type Value } from './emitter.ts';
import type { Layer, LayerKind, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';

type Emit = (emitter: LayerEmitter, x: Value) => Value;

/** One node that looks at each element for itself. */
const unary =
  (op: string, attributes: Parameters<LayerEmitter['node']>[2] = {}): Emit =>
  (emitter, x) =>
    emitter.elementwise(x, (name) => emitter.node(op, [name], attributes));

/** Over the channels, whichever axis they are. */
const alongChannels =
  (op: string): Emit =>
  (emitter, x) => {
    const axis = x.order === 'first' ? 1 : x.shape.length;
    return emitter.elementwise(x, (name) => emitter.node(op, [name], { axis }));
  };

const clip =
  (low: number, high: number | undefined): Emit =>
  (emitter, x) =>
    emitter.elementwise(x, (name) => {
      const bounds = [emitter.scalar(`min_${low}`, low)];
      if (high !== undefined) bounds.push(emitter.scalar(`max_${high}`, high));
      return emitter.node('Clip', [name, ...bounds]);
    });

/** LeCun (1989): 1.7159 tanh(2x / 3), which is ±1 at ±1. */
const scaledTanh: Emit = (emitter, x) =>
  emitter.elementwise(x, (name) => {
    const inner = emitter.node('Mul', [name, emitter.scalar('two_thirds', 2 / 3)]);
    const tanh = emitter.node('Tanh', [inner]);
    return emitter.node('Mul', [tanh, emitter.scalar('amplitude', 1.7159)]);
  });

const functions = {
  linear: (_: LayerEmitter, x: Value) => x,
  relu: unary('Relu'),
  relu6: clip(0, 6),
  elu: unary('Elu', { alpha: float(1) }),
  selu: unary('Selu'),
  sigmoid: unary('Sigmoid'),
  hardSigmoid: unary('HardSigmoid', { alpha: float(0.2), beta: float(0.5) }),
  softplus: unary('Softplus'),
  softsign: unary('Softsign'),
  tanh: unary('Tanh'),
  exponential: unary('Exp'),
  softmax: alongChannels('Softmax'),
  logSoftmax: alongChannels('LogSoftmax'),
  gelu: unary('Gelu'),
  gelu_new: unary('Gelu', { approximate: 'tanh' }),
  mish: unary('Mish'),
  swish: unary('Swish'),
  scaledTanh,
} satisfies Record<string, Emit>;

export type ActivationName = keyof typeof functions;

export const activationNames = Object.keys(functions) as readonly ActivationName[];

/** The function of that name; `linear` where none is given. */
export function activationOf(reader: OptionReader, name: ActivationName | undefined | null): Emit {
  return functions[reader.oneOf('activation', name ?? 'linear', activationNames)];
}

/** A layer that has no weights and keeps its input's shape. */
function sameShape(className: string, defaultName: string, emit: Emit): LayerKind {
  return {
    className,
    defaultName,
    build: ([shape]) => ({ shape, emit: (emitter, [x]) => emit(emitter, x) }),
  };
}

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationName;
}

export function activation(options: ActivationOptions): Layer {
  const kind = { className: 'Activation', defaultName: 'activation' };
  const reader = new OptionReader(kind, options, { activation: true });
  if (options.activation === undefined) reader.fail('it needs the name of an activation');
  const emit = activationOf(reader, options.activation);
  return makeLayer(sameShape(kind.className, kind.defaultName, emit), options);
}

export interface SoftmaxOptions extends LayerOptions {
  /** Of the batch's shape, so that 1 is the first after the batch; -1, the last one, by default. */
  readonly axis?: number | undefined;
}

export function softmax(options: SoftmaxOptions = {}): Layer {
  const kind = { className: 'Softmax', defaultName: 'softmax' };
  const reader = new OptionReader(kind, options, { axis: true });
  const { axis = -1 } = options;
  return makeLayer(
    {
      ...kind,
      build([shape]) {
        const at = axisOf(axis, shape, (message) => reader.fail(message));
        return {
          shape,
          emit: (emitter, [x]) =>
            emitter.elementwise(x, (name) =>
              emitter.node('Softmax', [name], { axis: axisIn(x, at) }),
            ),
        };
      },
    },
    options,
  );
}

export interface ReLUOptions extends LayerOptions {
  readonly maxValue?: number | undefined;
}

export function reLU(options: ReLUOptions = {}): Layer {
  const kind = { className: 'ReLU', defaultName: 're_lu' };
  const reader = new OptionReader(kind, options, { maxValue: true });
  const { maxValue } = options;
  const emit =
    maxValue === undefined ? unary('Relu') : clip(0, reader.number('maxValue', maxValue));
  return makeLayer(sameShape(kind.className, kind.defaultName, emit), options);
}

export interface AlphaOptions extends LayerOptions {
  readonly alpha?: number | undefined;
}

function ofAlpha(className: string, defaultName: string, op: string, otherwise: number) {
  return (options: AlphaOptions = {}): Layer => {
    const reader = new OptionReader({ className, defaultName }, options, { alpha: true });
    const alpha = float(reader.number('alpha', options.alpha ?? otherwise));
    return makeLayer(sameShape(className, defaultName, unary(op, { alpha })), options);
  };
}

export const leakyReLU = ofAlpha('LeakyReLU', 'leaky_re_lu', 'LeakyRelu', 0.3);
export const elu = ofAlpha('ELU', 'elu', 'Elu', 1);

export interface ThresholdedReLUOptions extends LayerOptions {
  readonly theta?: number | undefined;
}

export function thresholdedReLU(options: ThresholdedReLUOptions = {}): Layer {
  const kind = { className: 'ThresholdedReLU', defaultName: 'thresholded_re_lu' };
  const reader = new OptionReader(kind, options, { theta: true });
  const alpha = float(reader.number('theta', options.theta ?? 1));
  return makeLayer(
    sameShape(kind.className, kind.defaultName, unary('ThresholdedRelu', { alpha })),
    options,
  );
}

export interface PReLUOptions extends LayerOptions {
  /** Axes along which alpha is shared, counted with the batch: [1, 2] for one alpha a channel. */
  readonly sharedAxes?: readonly number[] | undefined;
}

/** With a slope below zero that is learned, its weight `alpha`. */
export function prelu(options: PReLUOptions = {}): Layer {
  const kind = { className: 'PReLU', defaultName: 'p_re_lu' };
  const reader = new OptionReader(kind, options, { sharedAxes: true });
  const { sharedAxes = [] } = options;
  if (!Array.isArray(sharedAxes)) {
    return reader.fail(`sharedAxes must be a list of axes, not ${JSON.stringify(sharedAxes)}`);
  }
  const shared = sharedAxes.map((axis: number) => reader.integer('sharedAxes', axis));
  return makeLayer(
    {
      ...kind,
      build([shape], fail) {
        const dims = shape.map((size, axis) =>
          shared.includes(axis + 1)
            ? 1
            : (size ?? fail('sizes that are not known yet must be among sharedAxes')),
        );
        return {
          shape,
          weights: [{ name: 'alpha', shape: dims, initial: 'zeros' }],
          emit(emitter, [value], { alpha = new Float32Array() }) {
            if (value.order === 'last' || shape.length !== 3) {
              const name = emitter.node('PRelu', [
                emitter.last(value),
                emitter.floats('alpha', dims, alpha),
              ]);
              return emitter.value(shape, 'last', name);
            }
            return emitter.elementwise(value, (name) =>
              emitter.node('PRelu', [name, emitter.images('alpha', alpha, dims)]),
            );
          },
        };
      },
    },
    options,
  );
}
