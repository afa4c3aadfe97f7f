/// <reference types="vite/client" />
/**
 * Whatever a session made on the GPU is gone when it is disposed of, or when it could not be made. The
 * counts are those of a device that counts for itself, and what wgconv says it holds equals them.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { gpuMemory, InferenceSession, Tensor } from '../../src/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { integers } from '../support/random.ts';
import { hasShared, sharedFile } from '../support/shared-file.ts';

let counting: CountingDevice;
let gpu: { readonly device: GPUDevice; readonly ceiling: 'assume' };

beforeEach(async () => {
  counting = await countingDevice();
  gpu = { device: counting.device, ceiling: 'assume' };
});
afterEach(() => {
  vi.restoreAllMocks();
  counting.device.destroy();
});

const held = () => gpuMemory(counting.device);
const alive = () => ({ bytes: counting.liveBytes(), objects: counting.liveObjects() });
const nothing = { bytes: 0, objects: 0 };

/** Two convolutions with what is between them, for pictures of any size. */
const model = encodeModel({
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
    { op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { op: 'Conv', inputs: ['r', 'v'], outputs: ['p'] },
    { op: 'Softmax', inputs: ['p'], outputs: ['y'], attributes: { axis: 1 } },
  ],
  inputs: [{ name: 'x', dims: ['N', 3, 'H', 'W'] }],
  outputs: ['y', 'p'],
  initializers: { w: integers([8, 3, 3, 3], 1), v: integers([5, 8, 1, 1], 2) },
});

function fed(side: number, batch = 1) {
  const dims = [batch, 3, side, side];
  return { x: new Tensor('float32', elementsOf(integers(dims, side)), dims) };
}

describe('a session that is disposed of', () => {
  it('gives back plans, weights, outputs on the GPU, values inside, checks and times', async () => {
    const session = await InferenceSession.create(model, { gpu });
    const { y } = await session.run(fed(8), { location: 'gpu-buffer' });
    await session.run(fed(9));
    await session.activations(fed(8), ['c', 'r'], { location: 'gpu-buffer' });
    expect((await session.verify(fed(8))).failed).toBe(0);
    await session.profile(fed(8), { runs: 1 });
    await y?.getData();
    expect(alive().bytes).toBeGreaterThan(4 * 3 * 8 * 8);
    expect(held()).toEqual(alive());
    await session.dispose();
    expect([held(), alive()]).toEqual([nothing, nothing]);
  });

  it('waits for the run before it, and goes once', async () => {
    const session = await InferenceSession.create(model, { gpu });
    const { y: expected } = await session.run(fed(8));
    const run = session.run(fed(8));
    const [first, second] = [session.dispose(), session.dispose()];
    expect((await run).y?.data).toEqual(expected?.data);
    await Promise.all([first, second]);
    expect([held(), alive()]).toEqual([nothing, nothing]);
    await expect(session.run(fed(8))).rejects.toMatchObject({ code: 'disposed' });
  });

  it('leaves nothing of runs that failed or were aborted', async () => {
    const session = await InferenceSession.create(model, { gpu });
    const controller = new AbortController();
    const runs = [
      session.run(fed(8), { outputs: ['z'] }),
      session.run(fed(8), { signal: controller.signal }),
      session.run(fed(0)),
      session.run(fed(7), { signal: controller.signal }),
    ];
    const settled = Promise.allSettled(runs);
    setTimeout(() => controller.abort(), 5);
    await settled;
    await session.dispose();
    expect([held(), alive()]).toEqual([nothing, nothing]);
  });
});

describe('shapes that come and go', () => {
  it('hold as much after forty as after twenty', async () => {
    const light = encodeModel({
      nodes: [
        { op: 'MaxPool', inputs: ['x'], outputs: ['p'], attributes: { kernel_shape: [1, 2] } },
        { op: 'Add', inputs: ['p', 'p'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: [1, 3, 'H', 'W'] }],
      outputs: ['y'],
    });
    const session = await InferenceSession.create(light, { gpu });
    const rounds: unknown[] = [];
    for (let round = 0; round < 2; round++) {
      for (let side = 3; side < 23; side++) {
        const { x } = fed(side);
        const { y } = await session.run({ x });
        expect(y?.dims).toEqual([1, 3, side, side - 1]);
        const [a = 0, b = 0] = x.data as Float32Array;
        expect(y?.data[0]).toBe(2 * Math.max(a, b));
      }
      rounds.push(alive());
      expect(held()).toEqual(alive());
    }
    expect(rounds[1]).toEqual(rounds[0]);
    await session.dispose();
    expect([held(), alive()]).toEqual([nothing, nothing]);
  });
});

describe('a session that cannot be made', () => {
  it('leaves nothing where a shader does not compile', async () => {
    const session = await InferenceSession.create(model, { gpu });
    vi.spyOn(counting.device, 'createComputePipelineAsync').mockRejectedValue(new Error('no'));
    await expect(session.run(fed(8))).rejects.toMatchObject({ code: 'shader-error' });
    await session.dispose();
    expect([held(), alive()]).toEqual([nothing, nothing]);
  });

  it.each(['activations 0', 'uniforms', 'w'])(
    'leaves nothing where "%s" cannot be made',
    async (label) => {
      const session = await InferenceSession.create(model, { gpu });
      await session.run(fed(8));
      const before = alive();
      const make = counting.device.createBuffer.bind(counting.device);
      vi.spyOn(counting.device, 'createBuffer').mockImplementation((descriptor) => {
        if (descriptor.label === label) throw new RangeError('too large');
        return make(descriptor);
      });
      const other = await InferenceSession.create(model, { gpu });
      await expect(other.run(fed(40))).rejects.toThrow('too large');
      await other.dispose();
      vi.restoreAllMocks();
      // The one that was there before is as good as ever.
      const { y } = await session.run(fed(8));
      expect(y?.dims).toEqual([1, 5, 8, 8]);
      expect(alive()).toEqual(before);
      await session.dispose();
      expect([held(), alive()]).toEqual([nothing, nothing]);
    },
  );
});

/** `VITE_CYCLES=100 npx vitest run --project gpu-gles test/gpu/give-back.test.ts` */
const cycles = Number(import.meta.env?.VITE_CYCLES ?? 3);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

describe(`create, run, dispose, ${cycles} times`, () => {
  async function cycle(bytes: Uint8Array, dims: readonly number[]): Promise<void> {
    const x = new Tensor('float32', elementsOf(integers(dims, 3)), dims);
    const heaps: number[] = [];
    let most = 0;
    let expected: unknown;
    for (let round = 0; round < cycles; round++) {
      // Every other one on a device of its own, which goes with it.
      const isOwn = round % 2 === 1;
      const session = await InferenceSession.create(bytes, {
        gpu: isOwn ? { ceiling: 'assume' } : gpu,
      });
      const { device } = session;
      const outputs = await session.run({ [session.inputNames[0] as string]: x });
      const { data } = outputs[session.outputNames[0] as string] as Tensor;
      expected ??= data;
      expect(data).toEqual(expected);
      most = Math.max(most, gpuMemory(device).bytes);
      if (!isOwn) expect(held()).toEqual(alive());
      await session.dispose();
      expect([gpuMemory(), gpuMemory(device), alive()]).toEqual([nothing, nothing, nothing]);
      const { memory } = performance as { memory?: { readonly usedJSHeapSize: number } };
      if (memory) heaps.push(memory.usedJSHeapSize);
    }
    expect(most).toBeGreaterThan(0);
    if (cycles > 3) {
      const [first = 0] = heaps;
      console.log(
        `${cycles} cycles: ${megabytes(most)} held at most; JS heap ${megabytes(first)} after the first, ` +
          `${megabytes(Math.max(...heaps))} at most, ${megabytes(heaps.at(-1) ?? 0)} at the end`,
      );
    }
  }

  it('holds nothing of a network of two convolutions', () => cycle(model, [1, 3, 16, 16]));

  it.skipIf(!hasShared)(
    'holds nothing of SqueezeNet',
    async () => cycle(await sharedFile('models/squeezenet1.1/model.onnx'), [1, 3, 227, 227]),
    30_000 * cycles,
  );
});
