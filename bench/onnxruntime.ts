/**
 * onnxruntime-web: its native WebGPU build, its default build (WebGPU kernels in JavaScript, called
 * jsep), and WebAssembly as a yardstick from the CPU. Each build is a module of its own, so that
 * all of them live in one page. NHWC is preferred; graph capture is used where it works.
 */

import { InferenceSession, Tensor } from '../src/index.ts';
import { type Engine, inputOf, type PreparedProblem, type Resident, uploaded } from './engine.ts';
import type { Problem } from './problems/suites.ts';

type Ort = typeof import('onnxruntime-web/webgpu');
type Session = import('onnxruntime-web').InferenceSession;

async function configured(loading: Promise<unknown>): Promise<Ort> {
  const ort = (await loading) as Ort;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

const isPage = typeof document !== 'undefined';

/** Loaded when they are asked for: the modules are large. */
const builds = {
  webgpu: () => configured(import('onnxruntime-web/webgpu')),
  default: () => configured(import('onnxruntime-web')),
  // In Node the package's own entry is its WebAssembly.
  wasm: () => configured(isPage ? import('onnxruntime-web/wasm') : import('onnxruntime-web')),
};

export async function loadOnnxruntime(build: 'webgpu' | 'default'): Promise<Engine> {
  const ort = await builds[build]();
  return {
    name: build === 'webgpu' ? 'onnxruntime-web webgpu' : 'onnxruntime-web default',
    version: ort.env.versions.web ?? '',
    role: 'peer',
    lacks: () => undefined,
    prepare: (problem) => prepareOnGpu(ort, problem),
  };
}

/** One thread on the CPU: never the best peer. */
export async function loadWasm(): Promise<Engine> {
  const ort = await builds.wasm();
  return {
    name: 'onnxruntime-web wasm',
    version: ort.env.versions.web ?? '',
    role: 'yardstick',
    lacks: () => undefined,
    async prepare(problem) {
      const session = await ort.InferenceSession.create(await problem.model(), {
        executionProviders: ['wasm'],
      });
      const { name, dims } = problem.input;
      const x = new ort.Tensor('float32', inputOf(problem), dims);
      return {
        async endToEnd() {
          const outputs = await session.run({ [name]: x });
          return outputs[problem.output]?.data as Float32Array;
        },
        dispose: () => session.release(),
      };
    },
  };
}

async function prepareOnGpu(ort: Ort, problem: Problem): Promise<PreparedProblem> {
  const { name, dims } = problem.input;
  const input = inputOf(problem);
  const model = await problem.model();
  const open = (options: object = {}) =>
    ort.InferenceSession.create(model, {
      executionProviders: [{ name: 'webgpu', preferredLayout: 'NHWC' }],
      ...options,
    });
  const session = await open();
  const x = new ort.Tensor('float32', input, dims);
  const opened: Session[] = [session];
  const buffers: GPUBuffer[] = [];
  let last: { readonly data: Float32Array; readonly dims: readonly number[] };
  return {
    async endToEnd() {
      const outputs = await session.run({ [name]: x });
      const output = outputs[problem.output] as import('onnxruntime-web').Tensor;
      last = { data: output.data as Float32Array, dims: output.dims };
      return last.data;
    },
    async openResident() {
      const device = (await ort.env.webgpu.device) as unknown as GPUDevice;
      const buffer = uploaded(device, input);
      buffers.push(buffer);
      const onGpu = ort.Tensor.fromGpuBuffer(buffer as never, { dataType: 'float32', dims });
      const captured = await openCaptured().catch((error: unknown) => String(error));
      if (typeof captured !== 'string') return captured;
      const resident = await open({ preferredOutputLocation: 'gpu-buffer' });
      opened.push(resident);
      return {
        note: `graph capture does not work: ${captured.replace(/\s+/g, ' ').slice(0, 120)}`,
        async run(repeats) {
          for (let run = 0; run < repeats; run++) {
            const outputs = await resident.run({ [name]: onGpu });
            for (const output of Object.values(outputs)) output.dispose();
          }
          await device.queue.onSubmittedWorkDone();
        },
      };

      /** Fails where the output of a replayed graph is not the right one. */
      async function openCaptured(): Promise<Resident> {
        const session = await open({
          enableGraphCapture: true,
          preferredOutputLocation: 'gpu-buffer',
        });
        opened.push(session);
        if (session.outputNames.length > 1) throw new Error('tried with one output only');
        const zeros = uploaded(device, new Float32Array(last.data.length));
        buffers.push(zeros);
        const output = ort.Tensor.fromGpuBuffer(zeros as never, {
          dataType: 'float32',
          dims: last.dims,
        });
        const once = () => session.run({ [name]: onGpu }, { [problem.output]: output });
        for (let run = 0; run < 3; run++) await once();
        const values = await download(device, zeros, last.data.length);
        const wrong = values.findIndex((value, index) => {
          const expected = last.data[index] as number;
          return !(Math.abs(value - expected) <= 1e-4 * (1 + Math.abs(expected)));
        });
        if (wrong >= 0) throw new Error('the replayed output is wrong');
        return {
          note: 'graph capture',
          async run(repeats) {
            for (let run = 0; run < repeats; run++) await once();
            await device.queue.onSubmittedWorkDone();
          },
        };
      }
    },
    async dispose() {
      for (const session of opened) await session.release();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

async function download(device: GPUDevice, buffer: GPUBuffer, length: number) {
  const staging = device.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(staging.getMappedRange().slice(0)).subarray(0, length);
  staging.destroy();
  return values;
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
    const ort = await builds.wasm();
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
