/** Random configurations of layers with sliding windows: convolutions and pooling. */

import type * as Tfjs from '@tensorflow/tfjs';
import * as layers from '../../../src/layers/index.ts';
import {
  type CaseMaker,
  exact,
  layerPeer,
  type Peer,
  type Picker,
  sumOf,
  type Tf,
} from './case.ts';

type Image = Tfjs.Tensor4D;
type Sides = readonly [readonly [number, number], readonly [number, number]];

/** Window options that TensorFlow.js has, too; the window fits into images from 4×4. */
function windowOptions(pick: Picker) {
  const dilated = pick.int(0, 3) === 0;
  return {
    kernelSize: dilated ? pick.pair(1, 2) : pick.pair(1, 4),
    strides: dilated ? ([1, 1] as [number, number]) : pick.pair(1, 3),
    dilationRate: dilated ? pick.pair(1, 3) : ([1, 1] as [number, number]),
    padding: pick.of(['valid', 'same'] as const),
    activation: pick.of(['linear', 'relu'] as const),
    useBias: pick.flag,
  };
}

const area = ([height, width]: readonly number[]) => (height as number) * (width as number);

const conv2d: CaseMaker = (pick) => {
  const image = pick.image();
  const options = { ...windowOptions(pick), filters: pick.int(1, 6) };
  return {
    config: JSON.stringify(options),
    inputs: [image],
    apply: ([x]) => layers.conv2d(options).apply(x as layers.SymbolicTensor),
    peer: layerPeer((tf) => tf.layers.conv2d(options)),
    check: sumOf(area(options.kernelSize) * image[2] + 1),
  };
};

function padded(tf: Tf, x: Image, [vertical, horizontal]: Sides, value: number): Image {
  return tf.pad(x, [[0, 0], [...vertical], [...horizontal], [0, 0]], value);
}

/** What 'same' adds, from its definition: https://www.tensorflow.org/api_docs/python/tf/nn#same_padding_2 */
function sameSides(x: Image, kernel: readonly number[], strides: readonly number[]): Sides {
  const along = (axis: 0 | 1): [number, number] => {
    const [size, k, s] = [x.shape[axis + 1], kernel[axis], strides[axis]] as [
      number,
      number,
      number,
    ];
    const total = Math.max(k - (size % s === 0 ? s : size % s), 0);
    return [total >> 1, total - (total >> 1)];
  };
  return [along(0), along(1)];
}

/** wgconv's own options of conv2d, by TensorFlow's functions. */
const conv2dBeyondKeras: CaseMaker = (pick) => {
  const groups = pick.of([1, 1, 2, 3]);
  const channels = groups * pick.int(1, 3);
  const filters = groups * pick.int(1, 3);
  const seen = groups === 1 && pick.flag ? pick.int(1, channels) : undefined;
  const connections =
    seen === undefined
      ? undefined
      : Array.from({ length: filters }, (_, f) =>
          Array.from({ length: seen }, (_, i) => (f + i) % channels),
        );
  const sides: Sides = [pick.pair(0, 3), pick.pair(0, 3)];
  const padding = pick.of(['valid', 'same', sides] as const);
  const options = {
    ...{ filters, groups, padding, connections },
    kernelSize: pick.pair(1, 3),
    strides: pick.pair(1, 2),
    paddingValue: pick.of([0, -1, 2]),
    biasPerPosition: pick.flag,
  };
  const peer: Peer = (tf, [input], [kernel, bias]) => {
    const x = input as Image;
    const [k, s] = [kernel as Image, options.strides];
    const around: Sides =
      typeof padding !== 'string'
        ? padding
        : padding === 'same'
          ? sameSides(x, options.kernelSize, s)
          : [
              [0, 0],
              [0, 0],
            ];
    // Sums of absolute values need those of the padding, too.
    const isMagnitude = (x.min().arraySync() as number) >= 0;
    const value = isMagnitude ? Math.abs(options.paddingValue) : options.paddingValue;
    const whole = padded(tf, x, around, value);
    const parts = Array.from({ length: connections ? filters : groups }, (_, part) => {
      const inputs = connections
        ? tf.gather(whole, connections[part] as number[], 3)
        : tf.split(whole, groups, 3)[part];
      const kernels = tf.split(k, connections ? filters : groups, 3)[part];
      return tf.conv2d(inputs as Image, kernels as Image, s, 'valid');
    });
    return tf.add(tf.concat(parts, 3), bias as Tfjs.Tensor);
  };
  return {
    config: JSON.stringify(options),
    inputs: [[...pick.pair(4, 8), channels]],
    apply: ([x]) => layers.conv2d(options).apply(x as layers.SymbolicTensor),
    peer,
    check: sumOf(area(options.kernelSize) * channels + 1),
  };
};

const depthwiseConv2d: CaseMaker = (pick) => {
  const options = { ...windowOptions(pick), depthMultiplier: pick.int(1, 3) };
  // TensorFlow.js takes one stride for both axes.
  const strides = options.strides[0];
  const own = { ...options, strides };
  return {
    config: JSON.stringify(own),
    inputs: [pick.image()],
    apply: ([x]) => layers.depthwiseConv2d(own).apply(x as layers.SymbolicTensor),
    // TensorFlow.js's layer leaves the dilation out; its function does not.
    peer: (tf, [x], [kernel, bias]) => {
      const { padding, dilationRate, activation } = options;
      const sums = tf.depthwiseConv2d(
        x as Image,
        kernel as Image,
        strides,
        padding,
        'NHWC',
        dilationRate,
      );
      const biased = bias ? tf.add(sums, bias) : sums;
      return activation === 'relu' ? tf.relu(biased) : biased;
    },
    check: sumOf(area(options.kernelSize) + 1),
  };
};

const separableConv2d: CaseMaker = (pick) => {
  const image = pick.image();
  const options = {
    ...windowOptions(pick),
    ...{ depthMultiplier: pick.int(1, 2), filters: pick.int(1, 5) },
  };
  const strides = options.strides[0];
  const own = { ...options, strides };
  return {
    config: JSON.stringify(own),
    inputs: [image],
    apply: ([x]) => layers.separableConv2d(own).apply(x as layers.SymbolicTensor),
    peer: layerPeer((tf) => tf.layers.separableConv2d({ ...own, strides: [strides, strides] })),
    check: sumOf(area(options.kernelSize) * image[2] * options.depthMultiplier + 1),
  };
};

const conv2dTranspose: CaseMaker = (pick) => {
  const image = pick.image(1, 5);
  const options = {
    ...{ kernelSize: pick.pair(1, 4), strides: pick.pair(1, 3), filters: pick.int(1, 5) },
    padding: pick.of(['valid', 'same'] as const),
    activation: pick.of(['linear', 'relu'] as const),
    useBias: pick.flag,
  };
  return {
    config: JSON.stringify(options),
    inputs: [image],
    apply: ([x]) => layers.conv2dTranspose(options).apply(x as layers.SymbolicTensor),
    peer: layerPeer((tf) => tf.layers.conv2dTranspose(options)),
    check: sumOf(area(options.kernelSize) * image[2] + 1),
  };
};

/** [height, width, …] with zeros between, which is what a dilated kernel multiplies. */
function dilated(tf: Tf, kernel: Image, [down, right]: readonly [number, number]): Image {
  const [height, width, out, depth] = kernel.shape;
  const spread = tf.pad(kernel.reshape([height, 1, width, 1, out * depth]), [
    ...([
      [0, 0],
      [0, down - 1],
      [0, 0],
      [0, right - 1],
      [0, 0],
    ] as [number, number][]),
  ]);
  const all = spread.reshape([height * down, width * right, out, depth]) as Image;
  return all.slice([0, 0, 0, 0], [(height - 1) * down + 1, (width - 1) * right + 1, out, depth]);
}

/** outputPadding and dilationRate, which Keras has and TensorFlow.js's layer lacks. */
const conv2dTransposePadded: CaseMaker = (pick) => {
  const image = pick.image(2, 5);
  const strides = pick.pair(1, 3);
  const isDilated = strides.every((stride) => stride === 1);
  const padding = pick.of(['valid', 'same'] as const);
  const outputPadding: [number, number] = [
    pick.int(0, strides[0] - 1),
    pick.int(0, strides[1] - 1),
  ];
  // Without a row more, 'same' of an even kernel gives sizes that TensorFlow refuses.
  const size = (axis: 0 | 1) => (outputPadding[axis] > 0 ? pick.int(1, 4) : pick.of([1, 3]));
  const options = {
    ...{ strides, padding, outputPadding, kernelSize: [size(0), size(1)] as [number, number] },
    filters: pick.int(1, 4),
    dilationRate: isDilated ? pick.pair(1, 2) : ([1, 1] as [number, number]),
  };
  const peer: Peer = (tf, [input], [kernel, bias]) => {
    const x = input as Image;
    const k = dilated(tf, kernel as Image, options.dilationRate);
    // Keras: (size − 1) · stride + kernel − 2 · (kernel // 2 where 'same') + outputPadding.
    const size = (axis: 0 | 1) => {
      const extent = k.shape[axis] as number;
      const cut = padding === 'same' ? 2 * Math.floor(extent / 2) : 0;
      return (
        ((x.shape[axis + 1] as number) - 1) * strides[axis] +
        extent -
        cut +
        options.outputPadding[axis]
      );
    };
    const shape: [number, number, number, number] = [x.shape[0], size(0), size(1), options.filters];
    return tf.add(tf.conv2dTranspose(x, k, shape, strides, padding), bias as Tfjs.Tensor);
  };
  return {
    config: JSON.stringify(options),
    inputs: [image],
    apply: ([x]) => layers.conv2dTranspose(options).apply(x as layers.SymbolicTensor),
    peer,
    check: sumOf(area(options.kernelSize) * image[2] + 1),
  };
};

function poolOptions(pick: Picker) {
  return {
    poolSize: pick.pair(1, 4),
    ...(pick.flag && { strides: pick.pair(1, 3) }),
    padding: pick.of(['valid', 'same'] as const),
  };
}

const pooling =
  (kind: 'maxPooling2d' | 'averagePooling2d', own: typeof layers.maxPooling2d): CaseMaker =>
  (pick) => {
    const options = poolOptions(pick);
    return {
      config: JSON.stringify(options),
      inputs: [pick.image()],
      apply: ([x]) => own(options).apply(x as layers.SymbolicTensor),
      peer: layerPeer((tf) => tf.layers[kind](options)),
      check: kind === 'maxPooling2d' ? exact : sumOf(area(options.poolSize)),
    };
  };

const minPooling2d: CaseMaker = (pick) => {
  const options = poolOptions(pick);
  const { poolSize, strides = poolSize, padding } = options;
  return {
    config: JSON.stringify(options),
    inputs: [pick.image()],
    apply: ([x]) => layers.minPooling2d(options).apply(x as layers.SymbolicTensor),
    peer: (tf, [x]) => tf.neg(tf.maxPool(tf.neg(x as Image), poolSize, strides, padding)),
    check: exact,
  };
};

const globalPooling =
  (
    kind: 'globalAveragePooling2d' | 'globalMaxPooling2d' | 'globalMinPooling2d',
    own: typeof layers.globalMaxPooling2d,
  ): CaseMaker =>
  (pick) => {
    const image = pick.image(1, 9);
    const keepDims = pick.flag;
    const reduce = {
      globalAveragePooling2d: 'mean',
      globalMaxPooling2d: 'max',
      globalMinPooling2d: 'min',
    } as const;
    const direct: Peer = (tf, [x]) => tf[reduce[kind]](x as Image, [1, 2], keepDims);
    const isLayer = !keepDims && kind !== 'globalMinPooling2d';
    return {
      config: JSON.stringify({ keepDims }),
      inputs: [image],
      apply: ([x]) => own({ keepDims }).apply(x as layers.SymbolicTensor),
      peer: isLayer ? layerPeer((tf) => tf.layers[kind as 'globalMaxPooling2d']({})) : direct,
      check: kind === 'globalAveragePooling2d' ? sumOf(area(image)) : exact,
    };
  };

export const windowCases: Readonly<Record<string, CaseMaker>> = {
  conv2d,
  'conv2d beyond Keras': conv2dBeyondKeras,
  depthwiseConv2d,
  separableConv2d,
  conv2dTranspose,
  'conv2dTranspose with outputPadding': conv2dTransposePadded,
  maxPooling2d: pooling('maxPooling2d', layers.maxPooling2d),
  averagePooling2d: pooling('averagePooling2d', layers.averagePooling2d),
  minPooling2d,
  globalAveragePooling2d: globalPooling('globalAveragePooling2d', layers.globalAveragePooling2d),
  globalMaxPooling2d: globalPooling('globalMaxPooling2d', layers.globalMaxPooling2d),
  globalMinPooling2d: globalPooling('globalMinPooling2d', layers.globalMinPooling2d),
};
