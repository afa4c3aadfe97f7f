/**
 * The engines that are compared, behind one small interface. Each runs the same problem end to end
 * (CPU in, CPU out) and GPU-resident (inputs and outputs stay, until the queue is done).
 */

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { sizeOf } from '../src/core/shape.ts';
import { hostTensor } from '../src/core/tensor.ts';
import { InferenceSession, Tensor, version } from '../src/index.ts';
import { encodeModel } from '../test/support/onnx-writer.ts';
import { type ConvProblem, inputDims, outputDims, seededData, weightDims } from './problems.ts';

export interface PreparedProblem {
  /** CPU in, CPU out; the output in NCHW. */
  endToEnd(): Promise<Float32Array>;
  /** Nothing leaves the GPU; resolves when the queue is done. Returns runs per call. */
  resident(repeats: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly version: string;
  prepare(problem: ConvProblem): Promise<PreparedProblem>;
}

function dataOf(problem: ConvProblem) {
  return {
    input: seededData(sizeOf(inputDims(problem)), 1),
    weights: seededData(sizeOf(weightDims(problem)), 2),
  };
}

/** The problem as an ONNX file: one Conv with constant weights. */
export function modelOf(problem: ConvProblem): Uint8Array {
  const { weights } = dataOf(problem);
  return encodeModel({
    opset: 13,
    nodes: [
      {
        op: 'Conv',
        name: 'conv',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: {
          kernel_shape: [problem.kernel, problem.kernel],
          strides: [problem.stride, problem.stride],
          pads: [problem.pad, problem.pad, problem.pad, problem.pad],
        },
      },
    ],
    inputs: [{ name: 'x', type: 'float32', dims: inputDims(problem) }],
    outputs: [{ name: 'y', type: 'float32', dims: outputDims(problem) }],
    initializers: { w: hostTensor('float32', weightDims(problem), weights) },
  });
}

export const wgconv: Engine = {
  name: 'wgconv',
  version,
  async prepare(problem) {
    const session = await InferenceSession.create(modelOf(problem));
    const device = session.device as GPUDevice;
    const { input } = dataOf(problem);
    const dims = inputDims(problem);
    const x = new Tensor('float32', input, dims);
    const buffer = uploaded(device, input);
    const onGpu = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
    return {
      async endToEnd() {
        const { y } = await session.run({ x });
        return (y as Tensor).data as Float32Array;
      },
      async resident(repeats) {
        for (let run = 0; run < repeats; run++) {
          await session.run({ x: onGpu }, { location: 'gpu-buffer' });
        }
        await device.queue.onSubmittedWorkDone();
      },
      async dispose() {
        buffer.destroy();
        await session.dispose();
      },
    };
  },
};

function uploaded(device: GPUDevice, data: Float32Array): GPUBuffer {
  const buffer = device.createBuffer({
    size: data.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return buffer;
}

type Ort = typeof import('onnxruntime-web/webgpu');

/** Loaded when it is asked for: its module is large. */
export async function loadOnnxruntime(): Promise<Engine> {
  const ort: Ort = await import('onnxruntime-web/webgpu');
  ort.env.wasm.numThreads = 1;
  return {
    name: 'onnxruntime-web webgpu',
    version: ort.env.versions.web ?? '',
    prepare: (problem) => prepareOrt(ort, problem),
  };
}

async function prepareOrt(ort: Ort, problem: ConvProblem): Promise<PreparedProblem> {
  const { input } = dataOf(problem);
  const dims = inputDims(problem);
  const open = (location: 'cpu' | 'gpu-buffer') =>
    ort.InferenceSession.create(modelOf(problem), {
      executionProviders: [{ name: 'webgpu', preferredLayout: 'NHWC' }],
      preferredOutputLocation: location,
    });
  const session = await open('cpu');
  const resident = await open('gpu-buffer');
  const x = new ort.Tensor('float32', input, dims);
  const device = (await ort.env.webgpu.device) as unknown as GPUDevice;
  const buffer = uploaded(device, input);
  const onGpu = ort.Tensor.fromGpuBuffer(buffer as never, { dataType: 'float32', dims });
  return {
    async endToEnd() {
      const { y } = await session.run({ x });
      return y?.data as Float32Array;
    },
    async resident(repeats) {
      for (let run = 0; run < repeats; run++) {
        const { y } = await resident.run({ x: onGpu });
        y?.dispose();
      }
      await device.queue.onSubmittedWorkDone();
    },
    async dispose() {
      await session.release();
      await resident.release();
      buffer.destroy();
    },
  };
}

export const tfjs: Engine = {
  name: 'tfjs webgpu',
  version: tf.version.tfjs,
  async prepare(problem) {
    await tf.setBackend('webgpu');
    await tf.ready();
    const { input, weights } = dataOf(problem);
    // tfjs has NHWC and HWIO; the caller of a tfjs model has its data that way already.
    const nhwc = tf.tidy(() => tf.transpose(tf.tensor4d(input, inputDims(problem)), [0, 2, 3, 1]));
    const filter = tf.tidy(
      () => tf.transpose(tf.tensor4d(weights, weightDims(problem)), [2, 3, 1, 0]) as tf.Tensor4D,
    );
    const data = (await nhwc.data()) as Float32Array;
    const shape = nhwc.shape as [number, number, number, number];
    const run = (x: tf.Tensor4D) => tf.conv2d(x, filter, problem.stride, problem.pad);
    const backend = tf.backend() as unknown as {
      readonly device: GPUDevice;
      endComputePassEncoder(): void;
      submitQueue(): void;
    };
    const { device } = backend;
    return {
      async endToEnd() {
        const x = tf.tensor4d(data, shape);
        const y = run(x);
        const values = (await y.data()) as Float32Array;
        x.dispose();
        y.dispose();
        return toNchw(values, outputDims(problem));
      },
      async resident(repeats) {
        const results = Array.from({ length: repeats }, () => run(nhwc as tf.Tensor4D));
        // The backend batches dispatches; this sends what is left.
        backend.endComputePassEncoder();
        backend.submitQueue();
        await device.queue.onSubmittedWorkDone();
        for (const result of results) result.dispose();
      },
      async dispose() {
        nhwc.dispose();
        filter.dispose();
      },
    };
  },
};

function toNchw(
  values: Float32Array,
  [batch, channels, height, width]: readonly number[],
): Float32Array {
  const [n = 1, c = 1, pixels] = [batch, channels, (height ?? 1) * (width ?? 1)];
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
