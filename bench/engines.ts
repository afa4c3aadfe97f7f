/**
 * The engines that are compared, behind one small interface. Each runs the same problem end to end
 * (CPU in, CPU out) and GPU-resident (inputs and outputs stay, until the queue is done).
 */

import { sizeOf } from '../src/core/shape.ts';
import { InferenceSession, Tensor, version } from '../src/index.ts';
import { seededData } from './problems/problem.ts';
import type { Problem } from './problems/suites.ts';

export interface PreparedProblem {
  /** CPU in, CPU out; the output in the engine's own order. */
  endToEnd(): Promise<Float32Array>;
  /** Brings an output of `endToEnd` into NCHW, where it is not. */
  inNchw?(values: Float32Array): Float32Array;
  /** Nothing leaves the GPU; resolves when the queue is done with all repeats. */
  resident(repeats: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Why it cannot run the problem at all; then it is left out with this word. */
  lacks(problem: Problem): string | undefined;
  prepare(problem: Problem): Promise<PreparedProblem>;
}

export function inputOf(problem: Problem): Float32Array {
  return seededData(sizeOf(problem.input.dims), 1);
}

export const wgconv: Engine = {
  name: 'wgconv',
  version,
  lacks: () => undefined,
  async prepare(problem) {
    const { name, dims } = problem.input;
    const session = await InferenceSession.create(await problem.model());
    await session.prepare({ [name]: dims });
    const device = session.device as GPUDevice;
    const input = inputOf(problem);
    const x = new Tensor('float32', input, dims);
    const buffer = uploaded(device, input);
    const onGpu = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
    return {
      async endToEnd() {
        const outputs = await session.run({ [name]: x });
        return (outputs[problem.output] as Tensor).data as Float32Array;
      },
      async resident(repeats) {
        for (let run = 0; run < repeats; run++) {
          await session.run({ [name]: onGpu }, { location: 'gpu-buffer' });
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
    size: Math.ceil(data.byteLength / 16) * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return buffer;
}

type Ort = typeof import('onnxruntime-web/webgpu');

/** Loaded when it is asked for: its module is large. */
async function importOrt(): Promise<Ort> {
  const ort: Ort = await import('onnxruntime-web/webgpu');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

export async function loadOnnxruntime(): Promise<Engine> {
  const ort = await importOrt();
  return {
    name: 'onnxruntime-web webgpu',
    version: ort.env.versions.web ?? '',
    lacks: () => undefined,
    prepare: (problem) => prepareOrt(ort, problem),
  };
}

async function prepareOrt(ort: Ort, problem: Problem): Promise<PreparedProblem> {
  const { name, dims } = problem.input;
  const input = inputOf(problem);
  const model = await problem.model();
  const open = (location: 'cpu' | 'gpu-buffer') =>
    ort.InferenceSession.create(model, {
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
      const outputs = await session.run({ [name]: x });
      return outputs[problem.output]?.data as Float32Array;
    },
    async resident(repeats) {
      for (let run = 0; run < repeats; run++) {
        const outputs = await resident.run({ [name]: onGpu });
        for (const output of Object.values(outputs)) output.dispose();
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

/** Up to so many multiply-adds, float64 loops in JavaScript answer within a second or so. */
const loopMacs = 100e6;

/**
 * The right output, from the CPU: no GPU engine is its own judge. Small problems are computed by
 * wgconv's float64 loops; large ones and networks by onnxruntime-web's WebAssembly, in float32.
 */
export async function reference(problem: Problem): Promise<Float32Array> {
  const { name, dims } = problem.input;
  const input = inputOf(problem);
  if (problem.kind === 'net' || problem.macs > loopMacs) {
    const ort = await importOrt();
    const session = await ort.InferenceSession.create(await problem.model(), {
      executionProviders: ['wasm'],
    });
    const outputs = await session.run({ [name]: new ort.Tensor('float32', input, dims) });
    const values = outputs[problem.output]?.data as Float32Array;
    await session.release();
    return values;
  }
  const session = await InferenceSession.create(await problem.model(), { backend: 'cpu' });
  const outputs = await session.run({ [name]: new Tensor('float32', input, dims) });
  await session.dispose();
  return (outputs[problem.output] as Tensor).data as Float32Array;
}
