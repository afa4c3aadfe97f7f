/** Convolution, pooling, resizing and what else works on images, as calls of tfjs. */

import * as tf from '@tensorflow/tfjs';
import { Lacking, type NodeCall, type TfjsOperator } from './tfjs-call.ts';

const toNhwc = (x: tf.Tensor) => x.transpose([0, 2, 3, 1]) as tf.Tensor4D;
const toNchw = (x: tf.Tensor) => x.transpose([0, 3, 1, 2]);

interface Window {
  readonly strides: [number, number];
  readonly dilations: [number, number];
  /** Explicit pads are a list; the types of tfjs's functions know only a number there. */
  readonly pad: 'same' | 'valid' | number;
}

function windowOf(call: NodeCall, x: tf.Tensor): Window {
  if (x.rank !== 4) throw new Lacking('only images of two axes are asked of tfjs');
  const strides = (call.ints('strides') ?? [1, 1]) as [number, number];
  const dilations = (call.ints('dilations') ?? [1, 1]) as [number, number];
  const autoPad = call.string('auto_pad', 'NOTSET');
  if (autoPad === 'SAME_LOWER') throw new Lacking('SAME_LOWER');
  if (autoPad === 'SAME_UPPER') return { strides, dilations, pad: 'same' };
  const [top = 0, left = 0, bottom = 0, right = 0] =
    autoPad === 'VALID' ? [] : (call.ints('pads') ?? []);
  const pad: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return {
    strides,
    dilations,
    pad: top + left + bottom + right === 0 ? 'valid' : (pad as unknown as number),
  };
}

function conv(call: NodeCall): tf.Tensor {
  const x = call.tensor(0);
  const weight = call.tensor(1);
  const { strides, dilations, pad } = windowOf(call, x);
  const group = call.int('group', 1);
  const channels = x.shape[1] as number;
  if (group !== 1 && group !== channels) throw new Lacking('a grouped convolution');
  const filter = weight.transpose([2, 3, 1, 0]) as tf.Tensor4D;
  const y =
    group === 1
      ? tf.conv2d(toNhwc(x), filter, strides, pad, 'NHWC', dilations)
      : tf.depthwiseConv2d(
          toNhwc(x),
          depthwiseFilter(weight, channels),
          strides,
          pad,
          'NHWC',
          dilations,
        );
  return toNchw(call.has(2) ? tf.add(y, call.tensor(2)) : y);
}

/** [C·m, 1, kh, kw] → [kh, kw, C, m] */
function depthwiseFilter(weight: tf.Tensor, channels: number): tf.Tensor4D {
  const [outputs = 0, , height = 1, width = 1] = weight.shape;
  return weight
    .reshape([channels, outputs / channels, height, width])
    .transpose([2, 3, 0, 1]) as tf.Tensor4D;
}

function pool(run: 'max' | 'avg'): TfjsOperator {
  return (call) => {
    if (call.int('ceil_mode') === 1) throw new Lacking('ceil_mode');
    if (call.int('count_include_pad') === 1) throw new Lacking('count_include_pad');
    if (call.outputCount > 1) throw new Lacking('indices beside a maximum');
    const x = call.tensor(0);
    const { strides, dilations, pad } = windowOf(call, x);
    const kernel = call.ints('kernel_shape') as [number, number];
    return toNchw(tf.pool(toNhwc(x), kernel, run, pad, dilations, strides));
  };
}

function globalPool(run: typeof tf.mean | typeof tf.max): TfjsOperator {
  return (call) => {
    const x = call.tensor(0);
    return run(x, x.shape.map((_, axis) => axis).slice(2), true);
  };
}

function resize(call: NodeCall): tf.Tensor {
  const x = call.tensor(0);
  const mode = call.string('mode', 'nearest');
  const transform = call.string(
    'coordinate_transformation_mode',
    call.opset < 11 ? 'asymmetric' : 'half_pixel',
  );
  if (x.rank !== 4 || call.ints('axes') || call.int('antialias') === 1)
    throw new Lacking('axes or antialias');
  const sizesAt = call.opset < 11 ? -1 : 3;
  const scales = call.numbers(call.opset < 11 ? 1 : 2) ?? [];
  const sizes =
    (sizesAt < 0 ? undefined : call.list(sizesAt)) ??
    scales.map((scale, axis) => Math.floor(scale * (x.shape[axis] as number)));
  if (call.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new Lacking('a policy');
  const size = sizes.slice(2) as [number, number];
  // It knows sizes only: a scale that does not divide evenly cannot be said.
  if (scales.some((scale, axis) => !Number.isInteger(scale * (x.shape[axis] as number))))
    throw new Lacking('a scale that gives no whole size');
  const aligned = transform === 'align_corners';
  const centred = transform === 'half_pixel';
  if (!aligned && !centred && transform !== 'asymmetric')
    throw new Lacking(`the transform ${transform}`);
  if (mode === 'linear') return toNchw(tf.image.resizeBilinear(toNhwc(x), size, aligned, centred));
  if (mode === 'nearest') {
    const nearest = call.string('nearest_mode', 'round_prefer_floor');
    // It rounds plain positions down, and the others to the nearest, halves up.
    const own = centred || aligned ? 'round_prefer_ceil' : 'floor';
    if (call.opset >= 11 && nearest !== own) throw new Lacking(`nearest_mode ${nearest}`);
    return toNchw(tf.image.resizeNearestNeighbor(toNhwc(x), size, aligned, centred));
  }
  throw new Lacking(`the mode ${mode}`);
}

export const tfjsWindowOperators: Readonly<Record<string, TfjsOperator>> = {
  Conv: conv,
  ConvTranspose(call) {
    const x = call.tensor(0);
    const weight = call.tensor(1);
    if (
      x.rank !== 4 ||
      call.int('group', 1) !== 1 ||
      call.ints('output_shape') ||
      call.ints('output_padding')
    )
      throw new Lacking('groups, output_shape or output_padding');
    const { strides, dilations, pad } = windowOf(call, x);
    if (dilations.some((one) => one !== 1) || pad === 'same')
      throw new Lacking('dilations or SAME');
    const [batch = 0, , height = 0, width = 0] = x.shape;
    const [, outputs = 0, kernelHeight = 0, kernelWidth = 0] = weight.shape;
    const [top = 0, left = 0, bottom = 0, right = 0] = call.ints('pads') ?? [];
    const shape: [number, number, number, number] = [
      batch,
      (height - 1) * strides[0] + kernelHeight - top - bottom,
      (width - 1) * strides[1] + kernelWidth - left - right,
      outputs,
    ];
    const filter = weight.transpose([2, 3, 1, 0]) as tf.Tensor4D;
    const y = tf.conv2dTranspose(toNhwc(x), filter, shape, strides, pad);
    return toNchw(call.has(2) ? tf.add(y, call.tensor(2)) : y);
  },
  MaxPool: pool('max'),
  AveragePool: pool('avg'),
  GlobalAveragePool: globalPool(tf.mean),
  GlobalMaxPool: globalPool(tf.max),
  BatchNormalization(call) {
    if (call.int('training_mode') === 1) throw new Lacking('training');
    const [x, scale, offset, mean, variance] = [0, 1, 2, 3, 4].map((index) => call.tensor(index));
    if (!x || !scale || !offset || !mean || !variance || x.rank !== 4)
      throw new Lacking('other ranks');
    const vector = (tensor: tf.Tensor) => tensor as tf.Tensor1D;
    return toNchw(
      tf.batchNorm(
        toNhwc(x),
        vector(mean),
        vector(variance),
        vector(offset),
        vector(scale),
        call.float('epsilon', 1e-5),
      ),
    );
  },
  LRN(call) {
    const size = call.int('size');
    if (size % 2 === 0) throw new Lacking('an even size');
    const alpha = call.float('alpha', 1e-4) / size;
    const [bias, beta] = [call.float('bias', 1), call.float('beta', 0.75)];
    return toNchw(
      tf.localResponseNormalization(toNhwc(call.tensor(0)), (size - 1) / 2, bias, alpha, beta),
    );
  },
  Resize: resize,
  Upsample: resize,
};
