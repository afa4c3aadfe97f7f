/** tfjs on WebGPU. It has NHWC and HWIO; the caller of a tfjs model has its data that way already. */

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { sizeOf } from '../src/core/shape.ts';
import { type Engine, inputOf } from './engine.ts';
import { type ConvProblem, weightDims, weightsOf } from './problems/conv.ts';
import type { PoolProblem, ProductProblem, ResizeProblem } from './problems/ops.ts';
import { seededData } from './problems/problem.ts';
import type { Problem } from './problems/suites.ts';
import type { TransposedProblem } from './problems/transposed.ts';

type Run = (x: tf.Tensor) => tf.Tensor;

interface Form {
  readonly run: Run;
  readonly constants: readonly tf.Tensor[];
}

export const tfjs: Engine = {
  name: 'tfjs webgpu',
  role: 'peer',
  version: tf.version.tfjs,
  lacks(problem) {
    if (problem.kind === 'net') return 'left out: it reads no ONNX';
    if (problem.kind === 'conv') {
      const { group, inChannels, stride, dilation } = problem.shape;
      if (group > 1 && group !== inChannels) return 'left out: it has no grouped convolution';
      if (stride > 1 && dilation > 1) return 'left out: it has no dilation with a stride';
    }
    return undefined;
  },
  async prepare(problem) {
    await tf.setBackend('webgpu');
    await tf.ready();
    const given = tf.tensor(inputOf(problem), [...problem.input.dims]);
    const isImage = given.rank === 4;
    const resident = isImage ? tf.transpose(given, [0, 2, 3, 1]) : given;
    const data = (await resident.data()) as Float32Array;
    const { run, constants } = formOf(problem);
    const backend = tf.backend() as unknown as {
      readonly device: GPUDevice;
      endComputePassEncoder(): void;
      submitQueue(): void;
    };
    const { device } = backend;
    let outputShape: readonly number[] = [];
    return {
      inNchw: (values) => (isImage ? toNchw(values, outputShape) : values),
      async endToEnd() {
        const x = tf.tensor(data, resident.shape);
        const y = run(x);
        const values = (await y.data()) as Float32Array;
        outputShape = y.shape;
        x.dispose();
        y.dispose();
        return values;
      },
      openResident: async () => ({
        async run(repeats) {
          const results = Array.from({ length: repeats }, () => run(resident));
          // The backend batches dispatches; this sends what is left.
          backend.endComputePassEncoder();
          backend.submitQueue();
          await device.queue.onSubmittedWorkDone();
          for (const result of results) result.dispose();
        },
      }),
      async dispose() {
        tf.dispose([given, resident, ...constants]);
      },
    };
  },
};

function formOf(problem: Problem): Form {
  switch (problem.kind) {
    case 'conv':
      return convForm(problem);
    case 'pool':
      return { run: poolRun(problem), constants: [] };
    case 'conv-transpose':
      return transposedForm(problem);
    case 'resize':
      return { run: resizeRun(problem), constants: [] };
    case 'relu':
      return { run: (x) => tf.relu(x), constants: [] };
    case 'softmax':
      return { run: (x) => tf.softmax(x), constants: [] };
    case 'product':
      return productForm(problem);
    case 'net':
      throw new Error('it reads no ONNX');
  }
}

function convForm({ shape }: ConvProblem): Form {
  const { group, inChannels, outChannels, kernel, stride, pads, dilation } = shape;
  const [top, left, bottom, right] = pads;
  const isEven = new Set(pads).size === 1;
  const pad = isEven
    ? top
    : ([
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ] satisfies tf.backend_util.ExplicitPadding);
  if (group === 1) {
    const filter = tf.tidy(
      () =>
        tf.transpose(tf.tensor(weightsOf(shape), [...weightDims(shape)]), [
          ...[2, 3, 1, 0],
        ]) as tf.Tensor4D,
    );
    return {
      run: (x) => tf.conv2d(x as tf.Tensor4D, filter, stride, pad, 'NHWC', dilation),
      constants: [filter],
    };
  }
  const blocks: [number, number, number, number] = [
    inChannels,
    outChannels / inChannels,
    kernel,
    kernel,
  ];
  const filter = tf.tidy(
    () => tf.transpose(tf.tensor(weightsOf(shape), blocks), [2, 3, 0, 1]) as tf.Tensor4D,
  );
  // Its types know no explicit pads here, its kernels do.
  const run: Run = (x) =>
    tf.depthwiseConv2d(x as tf.Tensor4D, filter, stride, pad as number, 'NHWC', dilation);
  return { run, constants: [filter] };
}

function transposedForm({ weightDims, stride, pads, outputDims }: TransposedProblem): Form {
  const [top, left, bottom, right] = pads;
  const isEven = new Set(pads).size === 1;
  const filter = tf.tidy(
    () =>
      tf.transpose(tf.tensor(seededData(sizeOf(weightDims), 2), [...weightDims]), [
        ...[2, 3, 1, 0],
      ]) as tf.Tensor4D,
  );
  const [batch, channels, height, width] = outputDims;
  const pad = isEven
    ? top
    : ([
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ] satisfies tf.backend_util.ExplicitPadding);
  // Its types know no explicit pads here, its kernels do.
  const run: Run = (x) =>
    tf.conv2dTranspose(
      x as tf.Tensor4D,
      filter,
      [batch, height, width, channels],
      stride,
      pad as number,
    );
  return { run, constants: [filter] };
}

function resizeRun({ mode, input }: ResizeProblem): Run {
  const [, , height = 1, width = 1] = input.dims;
  const size: [number, number] = [2 * height, 2 * width];
  return mode === 'nearest'
    ? (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size)
    : (x) => tf.image.resizeBilinear(x as tf.Tensor4D, size, false, true);
}

function poolRun({ pool, kernel, stride, pad }: PoolProblem): Run {
  switch (pool) {
    case 'max':
      return (x) => tf.maxPool(x as tf.Tensor4D, kernel, stride, pad);
    case 'average':
      return (x) => tf.avgPool(x as tf.Tensor4D, kernel, stride, pad);
    case 'global average':
      return (x) => tf.mean(x, [1, 2], true);
  }
}

function productForm({ inner, columns }: ProductProblem): Form {
  const weights = tf.tensor2d(seededData(inner * columns, 2), [inner, columns]);
  return { run: (x) => tf.matMul(x as tf.Tensor2D, weights), constants: [weights] };
}

function toNchw(values: Float32Array, shape: readonly number[]): Float32Array {
  const [n = 1, height = 1, width = 1, c = 1] = shape;
  const pixels = height * width;
  const result = new Float32Array(values.length);
  for (let image = 0; image < n; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < c; channel++) {
        result[(image * c + channel) * pixels + pixel] = values[
          (image * pixels + pixel) * c + channel
        ] as number;
      }
    }
  }
  return result;
}
