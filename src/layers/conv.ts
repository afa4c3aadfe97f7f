/**
 * Convolutions: conv2d with wgconv's own connection tables and biases for each position,
 * depthwiseConv2d and separableConv2d. https://js.tensorflow.org/api/latest/#layers.conv2d
 */

import { type ActivationName, activationOf } from './activation.ts';
import type { LayerEmitter, Value } from './emitter.ts';
import { depthwiseFirst, type Kernel, kernelFirst, spreadConnections } from './kernels.ts';
import type { Fail, Layer, LayerOptions } from './layer.ts';
import { makeLayer, type NumberOrPair, OptionReader, type Sides } from './options.ts';
import { constantPad } from './padding.ts';
import { biasOf } from './weights.ts';
import { imageOf, samePadding, type Window, windowAttributes, windowOutput } from './window.ts';

export interface WindowOptions extends LayerOptions {
  readonly kernelSize: NumberOrPair;
  /** 1 by default. */
  readonly strides?: NumberOrPair | undefined;
  /** 'valid' by default; 'same' as TensorFlow; or how much at each side (wgconv's own). */
  readonly padding?: 'valid' | 'same' | NumberOrPair | Sides | undefined;
  /** wgconv's own: what the padding is filled with, 0 by default. */
  readonly paddingValue?: number | undefined;
  /** 1 by default. */
  readonly dilationRate?: NumberOrPair | undefined;
  /** 'linear' by default. */
  readonly activation?: ActivationName | null | undefined;
  /** true by default. */
  readonly useBias?: boolean | undefined;
}

const windowOptions: Readonly<Record<string, true>> = {
  ...{ kernelSize: true, strides: true, padding: true, paddingValue: true },
  ...{ dilationRate: true, activation: true, useBias: true },
};

export interface Conv2dOptions extends WindowOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** Divides input channels and filters into so many parts that do not see each other. */
  readonly groups?: number | undefined;
  /** wgconv's own: a bias for every unit of the output, the weight [height, width, filters]. */
  readonly biasPerPosition?: boolean | undefined;
  /**
   * wgconv's own: the input channels that each filter sees, as many for each. The kernel is then
   * [height, width, seen, filters].
   */
  readonly connections?: readonly (readonly number[])[] | undefined;
}

export interface DepthwiseConv2dOptions extends WindowOptions {
  /** Output channels for each input channel, 1 by default. */
  readonly depthMultiplier?: number | undefined;
}

export interface SeparableConv2dOptions extends WindowOptions {
  readonly filters: number;
  readonly depthMultiplier?: number | undefined;
}

/** What all convolutions are told alike, checked. */
function readConvolution(reader: OptionReader, options: WindowOptions) {
  const { padding = 'valid', useBias = true } = options;
  const window: Window = {
    kernel: reader.pair('kernelSize', options.kernelSize),
    strides: reader.pair('strides', options.strides ?? 1),
    dilations: reader.pair('dilationRate', options.dilationRate ?? 1),
    padding:
      typeof padding === 'string'
        ? reader.oneOf<'valid' | 'same'>('padding', padding, ['valid', 'same'])
        : reader.sides('padding', padding),
  };
  return {
    window,
    activate: activationOf(reader, options.activation),
    paddingValue: reader.number('paddingValue', options.paddingValue ?? 0),
    useBias,
  };
}

/** A convolution's input, channels first, and the window over it. */
interface PaddedInput {
  readonly name: string;
  readonly window: Window;
}

/** The convolution's input and window, with padding of another value than zero put around first. */
function paddedInput(
  emitter: LayerEmitter,
  x: Value,
  window: Window,
  value: number,
  fail: Fail,
): PaddedInput {
  const name = emitter.first(x);
  if (value === 0 || window.padding === 'valid') return { name, window };
  const sides = explicitPadding(x, window, fail);
  const padded = constantPad(emitter, name, sides, value);
  return { name: padded, window: { ...window, padding: 'valid' } };
}

function explicitPadding(x: Value, window: Window, fail: Fail): Sides {
  if (typeof window.padding !== 'string') return window.padding;
  return (
    samePadding(imageOf(x.shape, fail).size, window) ??
    fail(
      "a paddingValue with padding 'same' and strides needs to know height and width: give the padding in numbers",
    )
  );
}

export function conv2d(options: Conv2dOptions): Layer {
  const kind = { className: 'Conv2D', defaultName: 'conv2d' };
  const reader = new OptionReader(kind, options, {
    ...windowOptions,
    ...{ filters: true, groups: true, biasPerPosition: true, connections: true },
  });
  const filters = reader.integer('filters', options.filters);
  const groups = reader.integer('groups', options.groups ?? 1);
  const { window, activate, paddingValue, useBias } = readConvolution(reader, options);
  const { biasPerPosition = false, connections } = options;
  if (biasPerPosition && !useBias) reader.fail('biasPerPosition needs useBias');
  if (connections) checkConnections(reader, connections, filters, groups);
  if (filters % groups !== 0) {
    reader.fail(`${filters} filters do not divide into ${groups} groups`);
  }
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const { size, channels } = imageOf(input, fail);
        if (channels % groups !== 0) {
          fail(`its input has ${channels} channels, which do not divide into ${groups} groups`);
        }
        const missing = connections?.flat().find((channel) => channel >= channels);
        if (missing !== undefined) {
          fail(`connections name the channel ${missing}, but its input has ${channels} channels`);
        }
        const output = windowOutput(size, window, fail);
        const shape = [...output, filters];
        const seen = connections ? (connections[0]?.length ?? 0) : channels / groups;
        const kernelShape = [...window.kernel, seen, filters] as const;
        const biasShape = [...(biasPerPosition ? known(output, fail) : []), filters];
        return {
          shape,
          weights: [
            { name: 'kernel', shape: kernelShape, initial: 'glorotUniform' },
            ...biasOf(useBias, biasShape),
          ],
          emit(emitter, [x], { kernel = new Float32Array(), bias }) {
            const padded = paddedInput(emitter, x, window, paddingValue, fail);
            const dense = connections
              ? spreadConnections(kernel, kernelShape, connections, channels)
              : { data: kernel, shape: kernelShape };
            const inputs = [padded.name, emitter.floats('kernel', ...kernelFirst(dense))];
            if (bias && !biasPerPosition) inputs.push(emitter.floats('bias', [filters], bias));
            let sums = emitter.node('Conv', inputs, {
              ...windowAttributes(padded.window),
              group: groups,
            });
            if (bias && biasPerPosition) {
              sums = emitter.node('Add', [sums, emitter.images('bias', bias, biasShape)]);
            }
            return activate(emitter, emitter.value(shape, 'first', sums));
          },
        };
      },
    },
    options,
  );
}

function known(size: readonly (number | null)[], fail: Fail): [number, number] {
  const [height, width] = size;
  if (typeof height !== 'number' || typeof width !== 'number') {
    return fail('biasPerPosition needs an input whose height and width are known');
  }
  return [height, width];
}

function checkConnections(
  reader: OptionReader,
  connections: readonly (readonly number[])[],
  filters: number,
  groups: number,
): void {
  if (groups !== 1) reader.fail('connections and groups exclude each other');
  if (!Array.isArray(connections) || connections.length !== filters) {
    reader.fail(`connections must be a list of channels for each of ${filters} filters`);
  }
  const seen = connections[0]?.length ?? 0;
  connections.forEach((channels, filter) => {
    if (!Array.isArray(channels) || channels.length !== seen || seen === 0) {
      reader.fail(
        `every filter must see equally many channels: filter 0 sees ${seen}, filter ${filter} sees ${channels?.length}`,
      );
    }
    for (const channel of channels) reader.integer(`connections of filter ${filter}`, channel, 0);
    if (new Set(channels).size !== seen) {
      reader.fail(`the connections of filter ${filter} name a channel twice`);
    }
  });
}

export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer {
  const kind = { className: 'DepthwiseConv2D', defaultName: 'depthwise_conv2d' };
  const reader = new OptionReader(kind, options, { ...windowOptions, depthMultiplier: true });
  const multiplier = reader.integer('depthMultiplier', options.depthMultiplier ?? 1);
  const { window, activate, paddingValue, useBias } = readConvolution(reader, options);
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const { size, channels } = imageOf(input, fail);
        const filters = channels * multiplier;
        const shape = [...windowOutput(size, window, fail), filters];
        const kernelShape = [...window.kernel, channels, multiplier] as const;
        return {
          shape,
          weights: [
            { name: 'depthwise_kernel', shape: kernelShape, initial: 'glorotUniform' },
            ...biasOf(useBias, [filters]),
          ],
          emit(emitter, [x], { depthwise_kernel = new Float32Array(), bias }) {
            const padded = paddedInput(emitter, x, window, paddingValue, fail);
            const kernel = { data: depthwise_kernel, shape: kernelShape };
            const sums = depthwiseSums(emitter, padded, kernel, bias);
            return activate(emitter, emitter.value(shape, 'first', sums));
          },
        };
      },
    },
    options,
  );
}

/** Each channel of the input convolved by itself. */
function depthwiseSums(
  emitter: LayerEmitter,
  { name, window }: PaddedInput,
  kernel: Kernel,
  bias?: Float32Array,
): string {
  const [, , channels, multiplier] = kernel.shape;
  const inputs = [name, emitter.floats('depthwise_kernel', ...depthwiseFirst(kernel))];
  if (bias) inputs.push(emitter.floats('bias', [channels * multiplier], bias));
  return emitter.node('Conv', inputs, { ...windowAttributes(window), group: channels });
}

/** A depthwise convolution, then one of 1×1 that mixes its channels. */
export function separableConv2d(options: SeparableConv2dOptions): Layer {
  const kind = { className: 'SeparableConv2D', defaultName: 'separable_conv2d' };
  const reader = new OptionReader(kind, options, {
    ...windowOptions,
    ...{ filters: true, depthMultiplier: true },
  });
  const filters = reader.integer('filters', options.filters);
  const multiplier = reader.integer('depthMultiplier', options.depthMultiplier ?? 1);
  const { window, activate, paddingValue, useBias } = readConvolution(reader, options);
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const { size, channels } = imageOf(input, fail);
        const shape = [...windowOutput(size, window, fail), filters];
        const between = channels * multiplier;
        const depthwiseShape = [...window.kernel, channels, multiplier] as const;
        const pointwiseShape = [1, 1, between, filters] as const;
        return {
          shape,
          weights: [
            { name: 'depthwise_kernel', shape: depthwiseShape, initial: 'glorotUniform' },
            { name: 'pointwise_kernel', shape: pointwiseShape, initial: 'glorotUniform' },
            ...biasOf(useBias, [filters]),
          ],
          emit(emitter, [x], weights) {
            const { depthwise_kernel, pointwise_kernel, bias } = weights;
            if (!depthwise_kernel || !pointwise_kernel) return fail('it has no weights');
            const padded = paddedInput(emitter, x, window, paddingValue, fail);
            const depthwise = { data: depthwise_kernel, shape: depthwiseShape };
            const planes = depthwiseSums(emitter, padded, depthwise);
            const pointwise = kernelFirst({ data: pointwise_kernel, shape: pointwiseShape });
            const mixing = [planes, emitter.floats('pointwise_kernel', ...pointwise)];
            if (bias) mixing.push(emitter.floats('bias', [filters], bias));
            const sums = emitter.node('Conv', mixing, { kernel_shape: [1, 1] });
            return activate(emitter, emitter.value(shape, 'first', sums));
          },
        };
      },
    },
    options,
  );
}
