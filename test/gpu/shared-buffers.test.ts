/** Inputs and outputs in GPU buffers: right values, overlapping downloads, buffers that do not fit. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostTensor } from '../../src/core/tensor.ts';
import { gpuMemory, InferenceSession, Tensor } from '../../src/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';

const gpu = { ceiling: 'assume' } as const;

/** doubled = x + x on the GPU, x passed on as it is, and int64 arithmetic on the host. */
const model = encodeModel({
  nodes: [
    { op: 'Add', inputs: ['x', 'x'], outputs: ['doubled'] },
    { op: 'Add', inputs: ['count', 'count'], outputs: ['twice'] },
  ],
  inputs: [
    { name: 'x', dims: ['N', 3] },
    { name: 'count', type: 'int64', dims: [2, 1] },
  ],
  outputs: ['doubled', 'twice', 'x'],
});

const count = new Tensor('int64', BigInt64Array.of(3n, 4n), [2, 1]);

describe('tensors in GPU buffers', () => {
  let session: InferenceSession;
  let device: GPUDevice;
  beforeAll(async () => {
    session = await InferenceSession.create(model, { gpu });
    device = session.device as GPUDevice;
  });
  afterAll(() => session.dispose());

  function shared(values: readonly number[], usage = GPUBufferUsage.COPY_SRC): GPUBuffer {
    const buffer = device.createBuffer({
      size: values.length * 4,
      usage: usage | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
    return buffer;
  }
  const tensor = (gpuBuffer: GPUBuffer, dims: number[]) =>
    Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'float32', dims });

  it('are read, given through to an output, and verified', async () => {
    const feeds = { x: tensor(shared([1, 2, 3]), [1, 3]), count };
    const { doubled, x, twice } = await session.run(feeds);
    expect(doubled?.data).toEqual(Float32Array.of(2, 4, 6));
    expect(x?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(twice?.data).toEqual(BigInt64Array.of(6n, 8n));
    const report = await session.verify(feeds);
    expect(report.failed).toBe(0);
    expect(report.passed).toBeGreaterThan(0);
    expect(report.endToEnd.map(({ maxError }) => maxError)).toEqual([0, 0, 0]);
  });

  it('are downloaded as often as asked, while the session runs', async () => {
    const x = new Tensor('float32', Float32Array.of(1, -2, 5), [1, 3]);
    const { doubled } = await session.run({ x, count }, { location: 'gpu-buffer' });
    const [first, second] = await Promise.all([doubled?.getData(), doubled?.getData()]);
    expect(first).toEqual(Float32Array.of(2, -4, 10));
    expect(second).toEqual(first);
    const [third, again] = await Promise.all([doubled?.getData(), session.run({ x, count })]);
    expect(third).toEqual(first);
    expect(again.doubled?.data).toEqual(first);
  });

  it('are refused where the buffer is too small or cannot be copied', async () => {
    await expect(
      session.run({ x: tensor(shared([1, 2, 3]), [2, 3]), count }),
    ).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('"x" has 12 bytes, but [2,3] takes 24'),
    });
    const uncopied = shared([1, 2, 3], GPUBufferUsage.STORAGE);
    await expect(session.run({ x: tensor(uncopied, [1, 3]), count })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('GPUBufferUsage.COPY_SRC'),
    });
    const destroyed = shared([1, 2, 3]);
    destroyed.destroy();
    const held = gpuMemory();
    await expect(session.run({ x: tensor(destroyed, [1, 3]), count })).rejects.toThrow(
      'the buffer of the input "x"',
    );
    expect(gpuMemory()).toEqual(held);
    // The session is as good as before.
    const { doubled } = await session.run({ x: tensor(shared([4, 5, 6]), [1, 3]), count });
    expect(doubled?.data).toEqual(Float32Array.of(8, 10, 12));
  });

  it('are read back for a check in words where the GPU takes no buffer for it', async () => {
    const x = new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
    await session.verify({ x, count });
    const held = gpuMemory();
    const size = device.limits.maxBufferSize * 2;
    const tooLarge = vi.spyOn(device, 'createBuffer').mockImplementation((descriptor) => {
      const isRead = (descriptor.usage & GPUBufferUsage.MAP_READ) !== 0;
      return GPUDevice.prototype.createBuffer.call(
        device,
        isRead ? { ...descriptor, size } : descriptor,
      );
    });
    await expect(session.verify({ x, count })).rejects.toThrow(/what Add ".*" reads and makes/);
    tooLarge.mockRestore();
    expect(gpuMemory()).toEqual(held);
    const report = await session.verify({ x, count });
    expect(report.failed).toBe(0);
  });

  it('are bound as they are where kernels can read them, whichever buffer comes', async () => {
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.STORAGE;
    const one = tensor(shared([1, 2, 3, 0], usage), [1, 3]);
    const two = tensor(shared([7, 8, 9, 0], usage), [1, 3]);
    for (const [x, values] of [
      [one, [2, 4, 6]],
      [two, [14, 16, 18]],
      [one, [2, 4, 6]],
    ] as const) {
      const kept = await session.run({ x, count }, { location: 'gpu-buffer' });
      expect(await kept.doubled?.getData()).toEqual(Float32Array.from(values));
      const read = await session.run({ x, count });
      expect(read.doubled?.data).toEqual(Float32Array.from(values));
      expect(read.x?.data).toEqual((await kept.x?.getData()) as Float32Array);
    }
    // What the caller writes between two runs is seen by the second.
    device.queue.writeBuffer(one.gpuBuffer, 0, Float32Array.of(5, 5, 5));
    const { doubled } = await session.run({ x: one, count });
    expect(doubled?.data).toEqual(Float32Array.of(10, 10, 10));
  });

  it('may be one buffer for several inputs, where memory is shared, too', async () => {
    // The product lies in the buffer of the inputs: its dispatch binds all three for writing.
    const dims = [1, 8, 16, 16];
    const shapes = { v0: [1, 8], v1: [1, 1], v2: [2, 1], v3: [32, 2], v4: [4, 32] };
    const names = Object.keys(shapes);
    const initializers = Object.fromEntries(
      Object.entries(shapes).map(([name, [rows = 0, columns = 0]]) => {
        const values = Float32Array.from({ length: rows * columns }, (_, at) => (at % 3) - 1);
        return [`${name}/w`, hostTensor('float32', [rows, columns, 1, 1], values)];
      }),
    );
    const shares = await InferenceSession.create(
      encodeModel({
        nodes: [
          { op: 'Mul', inputs: ['a', 'b'], outputs: ['c'] },
          ...names.map((name, at) => ({
            ...{ op: 'Conv', inputs: [names[at - 1] ?? 'c', `${name}/w`], outputs: [name] },
          })),
        ],
        inputs: [
          { name: 'a', dims },
          { name: 'b', dims },
        ],
        outputs: ['v4'],
        initializers,
      }),
      { gpu: { ...gpu, device } },
    );
    const values = Array.from({ length: 8 * 16 * 16 }, (_, at) => (at % 5) - 2);
    const x = new Tensor('float32', Float32Array.from(values), dims);
    const one = tensor(shared(values, GPUBufferUsage.COPY_SRC | GPUBufferUsage.STORAGE), dims);
    const { v4: expected } = await shares.run({ a: x, b: x });
    const { v4 } = await shares.run({ a: one, b: one });
    expect(v4?.data).toEqual(expected?.data);
    await shares.dispose();
  });

  it('may be an output of the session itself', async () => {
    const x = new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
    let last = x;
    for (let round = 0; round < 3; round++) {
      const outputs = await session.run({ x: last, count }, { location: 'gpu-buffer' });
      last = outputs.doubled as Tensor;
    }
    expect(await last.getData()).toEqual(Float32Array.of(8, 16, 24));
  });

  it('that are destroyed after a first run are missed when the next output is read', async () => {
    const x = shared([1, 2, 3, 0], GPUBufferUsage.COPY_SRC | GPUBufferUsage.STORAGE);
    const feeds = { x: tensor(x, [1, 3]), count };
    await session.run(feeds, { location: 'gpu-buffer', outputs: ['doubled'] });
    x.destroy();
    const { doubled } = await session.run(feeds, { location: 'gpu-buffer', outputs: ['doubled'] });
    await expect(doubled?.getData()).rejects.toThrow('the buffer of the input "x"');
    await expect(session.run(feeds, { outputs: ['doubled'] })).rejects.toThrow(
      'the buffer of the input "x"',
    );
  });

  it('say so where the session that owned them is gone', async () => {
    const other = await InferenceSession.create(model, { gpu });
    const x = new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
    const { doubled } = await other.run({ x, count }, { location: 'gpu-buffer' });
    await other.dispose();
    await expect(doubled?.getData()).rejects.toMatchObject({ code: 'disposed' });
  });

  it('are no way to a value that is no output', async () => {
    const x = new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
    await expect(session.run({ x, count }, { outputs: ['count'] })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'the model has no output "count"; its outputs are "doubled", "twice", "x"',
    });
  });
});
