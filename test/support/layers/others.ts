/** Random configurations of the layers without windows. */

import type * as Tfjs from '@tensorflow/tfjs';
import * as layers from '../../../src/layers/index.ts';
import {
  type CaseMaker,
  exact,
  layerPeer,
  ofFunctions,
  type Peer,
  type Picker,
  sumOf,
  type Tf,
} from './case.ts';

type Symbolic = layers.SymbolicTensor;
type Sides = [[number, number], [number, number]];

/** A layer that TensorFlow.js has under the same options. */
function same(
  shape: readonly number[],
  options: object,
  pick: Picker,
  own: () => layers.Layer,
  peer: (tf: Tf) => Tfjs.layers.Layer,
  check: ReturnType<typeof sumOf> = exact,
) {
  const lead = pick.flag;
  return {
    config: JSON.stringify(options),
    inputs: [shape],
    apply: ([x]: readonly Symbolic[]) =>
      own().apply(lead ? pick.led(x as Symbolic) : (x as Symbolic)),
    peer: layerPeer(peer),
    check,
  };
}

const dense: CaseMaker = (pick) => {
  const shape = pick.shape();
  const options = {
    units: pick.int(1, 7),
    activation: pick.of(['linear', 'relu'] as const),
    useBias: pick.flag,
  };
  const terms = (shape.at(-1) ?? 1) + 1;
  return same(
    shape,
    options,
    pick,
    () => layers.dense(options),
    (tf) => tf.layers.dense(options),
    sumOf(terms),
  );
};

/** TensorFlow.js flattens two axes and more. */
const flatten: CaseMaker = (pick) => {
  const shape = pick.flag ? pick.image(1, 5) : pick.pair(1, 6);
  return same(
    shape,
    {},
    pick,
    () => layers.flatten(),
    (tf) => tf.layers.flatten(),
  );
};

const dropout: CaseMaker = (pick) => {
  const options = { rate: pick.of([0, 0.25, 0.5]) };
  return same(
    pick.shape(),
    options,
    pick,
    () => layers.dropout(options),
    (tf) => tf.layers.dropout(options),
  );
};

const batchNormalization: CaseMaker = (pick) => {
  const shape = pick.flag ? pick.image(1, 5) : [pick.int(1, 6)];
  const options = {
    ...{ center: pick.flag, scale: pick.flag },
    ...(pick.flag && { epsilon: pick.of([1e-5, 0.01, 1]) }),
  };
  return same(
    ...([shape, options, pick] as const),
    () => layers.batchNormalization(options),
    (tf) => tf.layers.batchNormalization(options),
    ofFunctions,
  );
};

/** Functions that TensorFlow.js has no name for. */
const unnamed: Readonly<Record<string, (tf: Tf, x: Tfjs.Tensor) => Tfjs.Tensor>> = {
  exponential: (tf, x) => tf.exp(x),
  scaledTanh: (tf, x) => tf.mul(1.7159, tf.tanh(tf.mul(x, 2 / 3))),
};

let nextActivation = 0;
const activation: CaseMaker = (pick) => {
  const names = layers.activationNames;
  const name = names[nextActivation++ % names.length] as layers.ActivationName;
  const [make, shape] = [unnamed[name], pick.shape()];
  const named = layerPeer((tf) => tf.layers.activation({ activation: name as 'relu' }));
  return {
    config: name,
    inputs: [shape],
    apply: ([x]) => layers.activation({ activation: name }).apply(pick.led(x as Symbolic)),
    peer: make ? (tf, [x]) => make(tf, x as Tfjs.Tensor) : named,
    check: ['linear', 'relu', 'relu6'].includes(name) ? exact : ofFunctions,
  };
};

const softmax: CaseMaker = (pick) => {
  const shape = pick.shape();
  const axis = pick.of([-1, shape.length, pick.int(1, shape.length)]);
  return {
    config: JSON.stringify({ axis }),
    inputs: [shape],
    apply: ([x]) => layers.softmax({ axis }).apply(pick.led(x as Symbolic)),
    // TensorFlow.js has it along the last axis only.
    peer: (tf, [x]) => {
      const powers = tf.exp(x as Tfjs.Tensor);
      return tf.div(powers, tf.sum(powers, axis, true));
    },
    check: ofFunctions,
  };
};

const reLU: CaseMaker = (pick) => {
  const options = pick.flag ? {} : { maxValue: pick.of([1, 6]) };
  return same(
    pick.shape(),
    options,
    pick,
    () => layers.reLU(options),
    (tf) => tf.layers.reLU(options),
  );
};

const leakyReLU: CaseMaker = (pick) => {
  const options = pick.flag ? {} : { alpha: pick.of([0, 0.01, 1]) };
  return same(
    ...([pick.shape(), options, pick] as const),
    () => layers.leakyReLU(options),
    (tf) => tf.layers.leakyReLU(options),
    ofFunctions,
  );
};

const elu: CaseMaker = (pick) => {
  const options = { alpha: 1 }; // TensorFlow.js knows no other one
  return same(
    pick.shape(),
    options,
    pick,
    () => layers.elu(),
    (tf) => tf.layers.elu(),
    ofFunctions,
  );
};

const thresholdedReLU: CaseMaker = (pick) => {
  const options = pick.flag ? {} : { theta: pick.of([0, 0.5]) };
  return same(
    ...([pick.shape(), options, pick] as const),
    () => layers.thresholdedReLU(options),
    (tf) => tf.layers.thresholdedReLU(options),
  );
};

const prelu: CaseMaker = (pick) => {
  const shape = pick.shape();
  const sharedAxes = shape.map((_, axis) => axis + 1).filter(() => pick.flag);
  const options = sharedAxes.length > 0 ? { sharedAxes } : {};
  return same(
    ...([shape, options, pick] as const),
    () => layers.prelu(options),
    (tf) => tf.layers.prelu(options),
    ofFunctions,
  );
};

const merges =
  (
    kind: 'add' | 'multiply' | 'average' | 'maximum' | 'minimum',
    own: typeof layers.add,
  ): CaseMaker =>
  (pick) => {
    const shape = pick.shape();
    const count = pick.int(2, 4);
    return {
      config: `${count} × ${JSON.stringify(shape)}`,
      inputs: Array.from({ length: count }, () => shape),
      apply: (inputs) => own().apply(inputs.map((x) => pick.led(x))),
      peer: layerPeer((tf) => tf.layers[kind]()),
      check: {
        maximum: exact,
        minimum: exact,
        multiply: ofFunctions,
        add: sumOf(count),
        average: sumOf(count),
      }[kind],
    };
  };

/** Channels scaled by one number each, as squeeze-and-excitation does. */
const broadcasting: CaseMaker = (pick) => {
  const image = pick.image(1, 5);
  return {
    config: JSON.stringify(image),
    inputs: [image, [1, 1, image[2]]],
    apply: (inputs) => layers.multiply().apply(inputs.map((x) => pick.led(x))),
    peer: (tf, [x, scale]) => tf.mul(x as Tfjs.Tensor, scale as Tfjs.Tensor),
    check: ofFunctions,
  };
};

const subtract: CaseMaker = (pick) => {
  const shape = pick.shape();
  return {
    config: JSON.stringify(shape),
    inputs: [shape, shape],
    apply: (inputs) => layers.subtract().apply(inputs.map((x) => pick.led(x))),
    peer: (tf, [a, b]) => tf.sub(a as Tfjs.Tensor, b as Tfjs.Tensor),
    check: ofFunctions,
  };
};

const concatenate: CaseMaker = (pick) => {
  const shape = pick.shape();
  const at = pick.int(1, shape.length);
  const options = pick.flag || at < shape.length ? { axis: at } : {};
  const inputs = Array.from({ length: pick.int(2, 4) }, () => shape.with(at - 1, pick.int(1, 4)));
  return {
    config: JSON.stringify(options),
    inputs,
    apply: (tensors) => layers.concatenate(options).apply(tensors.map((x) => pick.led(x))),
    peer: layerPeer((tf) => tf.layers.concatenate(options)),
    check: exact,
  };
};

const upSampling2d: CaseMaker = (pick) => {
  const interpolation = pick.of(['nearest', 'bilinear'] as const);
  const options = { ...(pick.flag && { size: pick.pair(1, 3) }), interpolation };
  return same(
    ...([pick.image(1, 5), options, pick] as const),
    () => layers.upSampling2d(options),
    (tf) => tf.layers.upSampling2d(options as Parameters<typeof tf.layers.upSampling2d>[0]),
    interpolation === 'nearest' ? exact : ofFunctions,
  );
};

const zeroPadding2d: CaseMaker = (pick) => {
  const padding = pick.of<number | [number, number] | Sides | undefined>([
    ...[undefined, pick.int(0, 3), pick.pair(0, 3)],
    [pick.pair(0, 3), pick.pair(0, 3)],
  ]);
  const options = padding === undefined ? {} : { padding };
  return same(
    ...([pick.image(1, 5), options, pick] as const),
    () => layers.zeroPadding2d(options),
    (tf) => tf.layers.zeroPadding2d(options),
  );
};

const padding2d: CaseMaker = (pick) => {
  const padding: Sides = [pick.pair(0, 2), pick.pair(0, 2)];
  const options = {
    padding,
    mode: pick.of(['constant', 'reflect', 'replicate'] as const),
    value: pick.of([-1, 0.5]),
  };
  const [vertical, horizontal] = padding;
  const around: [number, number][] = [[0, 0], vertical, horizontal, [0, 0]];
  const peer: Peer = (tf, [x]) => {
    if (options.mode === 'constant') return tf.pad(x as Tfjs.Tensor, around, options.value);
    if (options.mode === 'reflect') return tf.mirrorPad(x as Tfjs.Tensor, around, 'reflect');
    const clamped = ([before, after]: [number, number], size: number) =>
      Array.from({ length: size + before + after }, (_, i) =>
        Math.min(Math.max(i - before, 0), size - 1),
      );
    const { shape } = x as Tfjs.Tensor;
    const rows = tf.gather(x as Tfjs.Tensor, clamped(vertical, shape[1] as number), 1);
    return tf.gather(rows, clamped(horizontal, shape[2] as number), 2);
  };
  return {
    config: JSON.stringify(options),
    inputs: [pick.image(3, 6)],
    apply: ([x]) => layers.padding2d(options).apply(pick.led(x as Symbolic)),
    peer,
    check: exact,
  };
};

const cropping2d: CaseMaker = (pick) => {
  const cropping: Sides = [pick.pair(0, 2), pick.pair(0, 2)];
  return same(
    ...([pick.image(5, 8), { cropping }, pick] as const),
    () => layers.cropping2d({ cropping }),
    (tf) => tf.layers.cropping2D({ cropping }),
  );
};

const reshape: CaseMaker = (pick) => {
  const [a, b, c] = [pick.int(1, 4), pick.int(1, 4), pick.int(1, 4)];
  const targetShape = pick.of([[a * b * c], [b, c, a], [a, -1], [c * a, b], [null, c, b]]);
  return same(
    ...([[a, b, c], { targetShape }, pick] as const),
    () => layers.reshape({ targetShape }),
    (tf) => tf.layers.reshape({ targetShape: targetShape as number[] }),
  );
};

const permute: CaseMaker = (pick) => {
  const dims = pick.of([
    [1, 2, 3],
    [2, 1, 3],
    [3, 1, 2],
    [2, 3, 1],
    [3, 2, 1],
  ]);
  return same(
    ...([pick.image(1, 5), { dims }, pick] as const),
    () => layers.permute({ dims }),
    (tf) => tf.layers.permute({ dims }),
  );
};

/** What comes after Flatten reads elements in another order than Keras's, or must bring them into it. */
const afterFlatten: CaseMaker = (pick) => {
  const image = pick.image(1, 4);
  const features = image[0] * image[1] * image[2];
  const flat = (x: Symbolic | undefined) =>
    layers.flatten().apply(layers.maxPooling2d({ poolSize: 1 }).apply(x as Symbolic));
  const kinds = {
    dense: [
      () => layers.dense({ units: 3 }),
      (tf: Tf) => tf.layers.dense({ units: 3 }),
      sumOf(features + 1),
    ],
    normalised: [
      () => layers.batchNormalization(),
      (tf: Tf) => tf.layers.batchNormalization(),
      ofFunctions,
    ],
    softmax: [() => layers.softmax(), (tf: Tf) => tf.layers.softmax(), ofFunctions],
    sigmoid: [
      () => layers.activation({ activation: 'sigmoid' }),
      (tf: Tf) => tf.layers.activation({ activation: 'sigmoid' }),
      ofFunctions,
    ],
    prelu: [() => layers.prelu(), (tf: Tf) => tf.layers.prelu(), ofFunctions],
    add: [() => layers.add(), (tf: Tf) => tf.layers.add(), sumOf(2)],
    concatenate: [() => layers.concatenate(), (tf: Tf) => tf.layers.concatenate(), exact],
  } as const;
  const name = pick.of(Object.keys(kinds) as (keyof typeof kinds)[]);
  const [own, peer, check] = kinds[name];
  const merges = name === 'add' || name === 'concatenate';
  // The second input is a flattened image, too, or comes in Keras's order.
  const other = pick.flag ? image : [features];
  return {
    config: name,
    inputs: merges ? [image, other] : [image],
    apply: ([x, y]) => {
      if (!merges) return own().apply(flat(x));
      return own().apply([flat(x), other === image ? flat(y) : (y as Symbolic)]);
    },
    peer: (tf, inputs, weights) =>
      layerPeer(peer)(
        tf,
        inputs.map((x) => x.reshape([x.shape[0] ?? 1, features])),
        weights,
      ),
    check,
  };
};

export const otherCases: Readonly<Record<string, CaseMaker>> = {
  ...{ dense, flatten, dropout, batchNormalization, activation, softmax },
  ...{ reLU, leakyReLU, elu, thresholdedReLU, prelu },
  ...{
    add: merges('add', layers.add),
    multiply: merges('multiply', layers.multiply),
    average: merges('average', layers.average),
  },
  ...{
    maximum: merges('maximum', layers.maximum),
    minimum: merges('minimum', layers.minimum),
    broadcasting,
    subtract,
  },
  ...{ concatenate, upSampling2d, zeroPadding2d, padding2d, cropping2d, reshape, permute },
  'after flatten': afterFlatten,
};
