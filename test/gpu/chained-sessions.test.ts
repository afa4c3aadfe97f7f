/** Tensors that pass from one session to another on the GPU, and what becomes of them meanwhile. */

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { tensorOf } from '../support/random.ts';

afterEach(() => vi.restoreAllMocks());

/** y = factor · x + 1, in two nodes with something in between. */
function affine(factor: number): Uint8Array {
  return encodeModel({
    nodes: [
      { op: 'Mul', inputs: ['x', 'factor'], outputs: ['product'] },
      {
        op: 'MaxPool',
        inputs: ['product'],
        outputs: ['pool'],
        attributes: { kernel_shape: [1, 1] },
      },
      { op: 'Add', inputs: ['pool', 'one'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: ['N', 1, 2, 4] }],
    outputs: ['y', 'product'],
    initializers: { factor: tensorOf([1], [factor]), one: tensorOf([1], [1]) },
  });
}

const fed = (first: number) => {
  const data = Float32Array.from({ length: 8 }, (_, at) => first + at);
  return { x: new Tensor('float32', data, [1, 1, 2, 4]) };
};
const from = (first: number, step: number) =>
  Float32Array.from({ length: 8 }, (_, at) => first + at * step);

describe('a chain of three sessions', () => {
  let counting: CountingDevice;
  let sessions: [InferenceSession, InferenceSession, InferenceSession];
  const kept = { location: 'gpu-buffer', outputs: ['y'] } as const;

  beforeAll(async () => {
    counting = await countingDevice();
    const gpu = { device: counting.device, ceiling: 'assume' } as const;
    const make = (factor: number) => InferenceSession.create(affine(factor), { gpu });
    sessions = await Promise.all([make(2), make(3), make(5)]);
    return async () => {
      for (const session of sessions) await session.dispose();
      expect(counting.liveBytes()).toBe(0);
      counting.device.destroy();
    };
  });

  async function chain(first: number): Promise<Tensor | undefined> {
    const [one, two, three] = sessions;
    const { y: a } = await one.run(fed(first), kept);
    const { y: b } = await two.run({ x: a as Tensor }, kept);
    return (await three.run({ x: b as Tensor }, kept)).y;
  }

  it('copies nothing, reads nothing and makes nothing', async () => {
    // 5 · (3 · (2x + 1) + 1) + 1
    expect(await (await chain(0))?.getData()).toEqual(from(21, 30));
    counting.reset();
    const copy = vi.spyOn(GPUCommandEncoder.prototype, 'copyBufferToBuffer');
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync');
    const last = await chain(1);
    expect([copy.mock.calls.length, map.mock.calls.length]).toEqual([0, 0]);
    expect(counting.made()).toEqual({});
    expect(await last?.getData()).toEqual(from(51, 30));
  });

  it('may be encoded as often as one likes before anything is read', async () => {
    const results: unknown[] = [];
    for (const first of [2, 3, 4]) {
      const y = await chain(first);
      results.push(await y?.getData());
    }
    expect(results).toEqual([from(81, 30), from(111, 30), from(141, 30)]);
  });

  it('reads of an output what its session computed last', async () => {
    const [one, two] = sessions;
    const { y } = await one.run(fed(0), kept);
    // The second session's run is submitted before the first session's next one: the old values.
    const { y: before } = await two.run({ x: y as Tensor });
    await one.run(fed(10), kept);
    const { y: after } = await two.run({ x: y as Tensor });
    expect(before?.data).toEqual(from(4, 6));
    expect(after?.data).toEqual(from(64, 6));
    // A run that reads its outputs leaves those on the GPU as they are.
    await one.run(fed(20));
    expect((await two.run({ x: y as Tensor })).y?.data).toEqual(from(64, 6));
  });

  it('says that an input is gone, when its session or its plan is', async () => {
    const [, two] = sessions;
    const gpu = { device: counting.device, ceiling: 'assume' } as const;
    const passing = await InferenceSession.create(affine(7), { gpu });
    const { y } = await passing.run(fed(0), kept);
    // What was submitted before is not disturbed.
    const running = two.run({ x: y as Tensor }, kept);
    const { y: result } = await running;
    const disposed = passing.dispose();
    await disposed;
    expect(await result?.getData()).toEqual(from(4, 21));
    await expect(two.run({ x: y as Tensor })).rejects.toMatchObject({
      code: 'disposed',
      value: 'x',
      message: expect.stringContaining('the session that made it was disposed of'),
    });
    const [one] = sessions;
    const { y: old } = await one.run(fed(0), kept);
    for (const batch of [2, 3, 4, 5]) {
      const x = new Tensor('float32', new Float32Array(8 * batch), [batch, 1, 2, 4]);
      await one.run({ x });
    }
    await expect(two.run({ x: old as Tensor })).rejects.toMatchObject({ code: 'disposed' });
    expect(await (await chain(0))?.getData()).toEqual(from(21, 30));
  });

  it('says that an input is on another device', async () => {
    const other = await countingDevice();
    const gpu = { device: other.device, ceiling: 'assume' } as const;
    const elsewhere = await InferenceSession.create(affine(2), { gpu });
    const { y } = await elsewhere.run(fed(0), kept);
    await expect(sessions[1].run({ x: y as Tensor })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('is on another GPU device'),
    });
    await elsewhere.dispose();
    other.device.destroy();
  });

  it('copies of several outputs only those that are asked for', async () => {
    const [one] = sessions;
    await one.run(fed(0));
    const copy = vi.spyOn(GPUCommandEncoder.prototype, 'copyBufferToBuffer');
    const outputs = await one.run(fed(3), { outputs: ['product'] });
    expect(Object.keys(outputs)).toEqual(['product']);
    expect(outputs.product?.data).toEqual(from(6, 2));
    expect(copy).toHaveBeenCalledTimes(1);
  });
});
