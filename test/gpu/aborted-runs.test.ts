/** Runs that a signal ends while the GPU computes: what is submitted no more, and the runs after it. */

import { afterEach, expect, it, vi } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { corner, pools, slowCeiling } from '../support/pools.ts';
import { tensorOf } from '../support/random.ts';

const gpu = { ceiling: 'assume' } as const;
const slow = { ceiling: slowCeiling };

afterEach(() => vi.restoreAllMocks());

/** Counts the session's submissions, and aborts at one of them. */
function watch(session: InferenceSession, abortAt = Number.POSITIVE_INFINITY) {
  const controller = new AbortController();
  const { queue } = session.device as GPUDevice;
  const submit = queue.submit.bind(queue);
  const spy = vi.spyOn(queue, 'submit').mockImplementation((commands) => {
    submit(commands);
    if (spy.mock.calls.length === abortAt) controller.abort('enough');
  });
  return { signal: controller.signal, submissions: () => spy.mock.calls.length };
}

it('submits no more of a long run, and the next runs are right', async () => {
  const session = await InferenceSession.create(pools(8), { gpu: slow });
  const whole = watch(session);
  const { y } = await session.run({ x: corner(1, 1) });
  expect(y?.data).toEqual(corner(1, 9).data);
  expect(whole.submissions()).toBe(8);
  vi.restoreAllMocks();

  const ended = watch(session, 3);
  const aborted = session.run({ x: corner(2, 1) }, { signal: ended.signal });
  const next = session.run({ x: corner(3, 1) });
  await expect(aborted).rejects.toBe('enough');
  expect(ended.submissions()).toBe(3);
  expect((await next).y?.data).toEqual(corner(3, 9).data);
  expect(ended.submissions()).toBe(3 + 8);
  await session.dispose();
});

it('rejects while the output is on its way, which the next run does not disturb', async () => {
  const session = await InferenceSession.create(pools(2), { gpu });
  await session.run({ x: corner(1, 1) });
  const { signal } = watch(session, 1);
  const order: unknown[] = [];
  const aborted = session.run({ x: corner(2, 1) }, { signal }).catch((why) => order.push(why));
  const next = session.run({ x: corner(3, 1) }).then(({ y }) => order.push(y?.data));
  await Promise.all([aborted, next]);
  expect(order).toEqual(['enough', corner(3, 3).data]);
  await session.dispose();
});

it('ends before what the host computes in the middle', async () => {
  // Arithmetic of int64 is the host's: its input comes down, and its result goes up again.
  const session = await InferenceSession.create(
    encodeModel({
      nodes: [
        { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
        { op: 'Cast', inputs: ['positive'], outputs: ['whole'], attributes: { to: 7 } },
        { op: 'Mul', inputs: ['whole', 'whole'], outputs: ['squares'] },
        { op: 'Cast', inputs: ['squares'], outputs: ['real'], attributes: { to: 1 } },
        { op: 'Mul', inputs: ['real', 'half'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: [4] }],
      outputs: ['y'],
      initializers: { half: tensorOf([1], [0.5]) },
    }),
    { gpu },
  );
  const x = new Tensor('float32', Float32Array.of(-3, 1, 2, 4));
  const whole = watch(session);
  const expected = Float32Array.of(0, 0.5, 2, 8);
  expect((await session.run({ x })).y?.data).toEqual(expected);
  expect(whole.submissions()).toBeGreaterThan(1);
  vi.restoreAllMocks();
  const { signal, submissions } = watch(session, 1);
  await expect(session.run({ x }, { signal })).rejects.toBe('enough');
  expect((await session.run({ x })).y?.data).toEqual(expected);
  expect(submissions()).toBe(1 + whole.submissions());
  await session.dispose();
});

it('ends between the stages of a model whose shapes depend on data', async () => {
  const session = await InferenceSession.create(
    encodeModel({
      opset: 13,
      nodes: [
        { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
        { op: 'NonZero', inputs: ['positive'], outputs: ['places'] },
        { op: 'Squeeze', inputs: ['places', 'zero'], outputs: ['list'] },
        { op: 'Gather', inputs: ['positive', 'list'], outputs: ['found'] },
        { op: 'Add', inputs: ['found', 'found'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: [4] }],
      outputs: ['y'],
      initializers: { zero: tensorOf([1], [0], 'int64') },
    }),
    { gpu },
  );
  const run = async (options = {}) => {
    const x = new Tensor('float32', elementsOf(tensorOf([4], [-1, 5, 0, 7])) as Float32Array);
    return (await session.run({ x }, options)).y?.data;
  };
  expect(await run()).toEqual(Float32Array.of(10, 14));
  const { signal, submissions } = watch(session, 1);
  await expect(run({ signal })).rejects.toBe('enough');
  const before = submissions();
  expect(await run()).toEqual(Float32Array.of(10, 14));
  const whole = submissions() - before;
  expect(before).toBeLessThan(whole);
  await session.dispose();
});

it('makes no pipeline for a shape whose run ended while it was planned', async () => {
  const { device, made, reset, liveBytes } = await countingDevice();
  const controller = new AbortController();
  let plans = 0;
  const session = await InferenceSession.create(
    encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
      inputs: [{ name: 'x', dims: ['N'] }],
      outputs: ['y'],
    }),
    {
      gpu: { ...gpu, device },
      onProgress: ({ stage, done }) => {
        if (stage === 'prepare' && done === 0 && ++plans === 1) controller.abort('enough');
      },
    },
  );
  const x = new Tensor('float32', Float32Array.of(1, 2, 3));
  reset();
  const aborted = session.run({ x }, { signal: controller.signal });
  await expect(aborted).rejects.toBe('enough');
  await session.recover(); // waits for its turn
  expect(made()).toEqual({});
  expect((await session.run({ x })).y?.data).toEqual(Float32Array.of(2, 4, 6));
  expect(plans).toBe(2);
  await session.dispose();
  expect(liveBytes()).toBe(0);
  device.destroy();
});
