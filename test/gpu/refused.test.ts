/// <reference types="vite/client" />
/**
 * What WebGPU refuses: memory that it has not, and commands that are not valid. The error says what and
 * where, everything is given back, and the session and the page go on.
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gpuMemory, InferenceSession, Tensor, WgconvError } from '../../src/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { ownDevice } from '../support/own-device.ts';
import { uniform } from '../support/random.ts';

const model = encodeModel({
  nodes: [
    {
      ...{ op: 'Conv', name: 'first', inputs: ['x', 'w'], outputs: ['maps'] },
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
    {
      ...{ op: 'MaxPool', name: 'second', inputs: ['maps'], outputs: ['y'] },
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  ],
  inputs: [{ name: 'x', dims: ['N', 4, 16, 16] }],
  outputs: ['y'],
  initializers: { w: uniform([8, 4, 3, 3], 1) },
});
const input = (batch: number) =>
  new Tensor('float32', new Float32Array(batch * 1024).fill(0.5), [batch, 4, 16, 16]);

let expected: Tensor | undefined;
beforeAll(async () => {
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  expected = (await session.run({ x: input(1) })).y;
});

async function expectRight(session: InferenceSession): Promise<void> {
  const { y } = await session.run({ x: input(1) });
  expect(y?.dims).toEqual(expected?.dims);
  const values = Array.from(y?.data as Float32Array);
  for (const [at, value] of values.entries()) {
    expect(value).toBeCloseTo(Number(expected?.data[at]), 4);
  }
}

/** A device of the test's own, that hears of errors which nobody caught. */
async function listeningDevice(): Promise<{ device: GPUDevice; noise: string[] }> {
  const device = await ownDevice();
  const noise: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => noise.push(error.message));
  return { device, noise };
}

/** Lets the device say that it is out of memory whenever a buffer like this is made. */
function limitMemory(device: GPUDevice, isTooMuch: (made: GPUBufferDescriptor) => boolean): void {
  const scopes: { filter: string; full: boolean }[] = [];
  const { createBuffer, pushErrorScope, popErrorScope } = device;
  const methods = {
    createBuffer(descriptor: GPUBufferDescriptor) {
      const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
      if (isTooMuch(descriptor)) {
        if (!scope) throw new Error('a buffer is made outside any scope');
        scope.full = true;
      }
      return createBuffer.call(device, descriptor);
    },
    pushErrorScope(filter: GPUErrorFilter) {
      scopes.push({ filter, full: false });
      pushErrorScope.call(device, filter);
    },
    async popErrorScope() {
      const full = scopes.pop()?.full;
      const error = await popErrorScope.call(device);
      return full ? { message: 'no memory left' } : error;
    },
  };
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(device, name, { value });
}

const isActivation = ({ label, size }: GPUBufferDescriptor) =>
  !!label?.startsWith('activations') && size > 100_000;

describe('memory that the GPU has not', () => {
  it.each([
    ['activations', isActivation],
    ['outputs that stay on the GPU', ({ label }: GPUBufferDescriptor) => label === 'y'],
  ] as const)('%s: the run says how much, the next one is right', async (what, isTooMuch) => {
    const { device, noise } = await listeningDevice();
    let tight = true;
    limitMemory(device, (made) => tight && isTooMuch(made));
    const session = await InferenceSession.create(model, { gpu: { device } });
    const isResident = what.startsWith('outputs');
    const location = isResident ? 'gpu-buffer' : 'cpu';
    const run = () => session.run({ x: input(isResident ? 1 : 64) }, { location });
    if (!isResident) await expectRight(session);
    const before = gpuMemory(device).bytes;
    const error: unknown = await run().catch((thrown: unknown) => thrown);
    if (!(error instanceof WgconvError)) throw new Error(`not refused: ${error}`);
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(
      /^The GPU has no memory for .*(activations|outputs that stay on the GPU) \(\d+ bytes\): use a smaller input, or dispose of what is not needed\. no memory left$/,
    );
    expect(error.data.bytes).toBeGreaterThan(0);
    await expectRight(session);
    if (!isResident) expect(gpuMemory(device).bytes).toBeLessThanOrEqual(before);
    tight = false;
    await run();
    await session.dispose();
    expect(gpuMemory(device).bytes).toBe(0);
    expect(noise).toEqual([]);
  });

  it.each([
    ['weights', 'w'],
    ['uniforms', 'uniforms'],
  ])('%s: a session is refused, and the next one is right', async (_, wanted) => {
    const { device, noise } = await listeningDevice();
    let tight = true;
    limitMemory(device, ({ label }) => tight && label === wanted);
    const create = async () => {
      const session = await InferenceSession.create(model, { gpu: { device } });
      await session.prepare({ x: [1, 4, 16, 16] });
      return session;
    };
    await expect(create()).rejects.toMatchObject({ code: 'out-of-memory' });
    tight = false;
    const session = await create();
    await expectRight(session);
    await session.dispose();
    expect(noise).toEqual([]);
  });

  it('weights: the same session is right when there is memory again', async () => {
    const { device } = await listeningDevice();
    let tight = true;
    limitMemory(device, ({ label }) => tight && label === 'w');
    const session = await InferenceSession.create(model, { gpu: { device } });
    await expect(session.run({ x: input(1) })).rejects.toThrow(
      /no memory for the weights \(\d+ bytes\)/,
    );
    tight = false;
    await expectRight(session);
    await session.dispose();
    expect(gpuMemory(device).bytes).toBe(0);
  });
});

describe('commands that are not valid', () => {
  const { dispatchWorkgroups, setPipeline } = GPUComputePassEncoder.prototype;
  afterEach(() => {
    Object.assign(GPUComputePassEncoder.prototype, { dispatchWorkgroups, setPipeline });
  });

  it('are told with node, operator and shader, and the next run is right', async () => {
    const { device, noise } = await listeningDevice();
    const session = await InferenceSession.create(model, { gpu: { device } });
    await expectRight(session);
    const kernels = new WeakMap<GPUComputePassEncoder, string>();
    Object.assign(GPUComputePassEncoder.prototype, {
      setPipeline(this: GPUComputePassEncoder, pipeline: GPUComputePipeline) {
        kernels.set(this, pipeline.label);
        setPipeline.call(this, pipeline);
      },
      dispatchWorkgroups(this: GPUComputePassEncoder, x: number, y: number, z: number) {
        const isPool = kernels.get(this)?.startsWith('pool');
        dispatchWorkgroups.call(this, isPool ? 70_000 : x, y, z);
      },
    });
    const error: unknown = await session.run({ x: input(1) }).catch((thrown: unknown) => thrown);
    Object.assign(GPUComputePassEncoder.prototype, { dispatchWorkgroups, setPipeline });
    if (!(error instanceof WgconvError)) throw new Error(`not refused: ${error}`);
    expect(error).toMatchObject({ code: 'internal', node: 'second', operator: 'MaxPool' });
    expect(error.message).toMatch(
      /^WebGPU refused the shader pool\w* \(\d+×\d+×\d+ workgroups\): [\s\S]+ \(MaxPool node "second"\)$/,
    );
    expect(error.data.kernel).toMatch(/^pool/);
    await expectRight(session);
    await session.dispose();
    expect(noise).toEqual([]);
  });
});
