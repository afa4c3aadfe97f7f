/** A signal ends a load wherever it is, and what the load had goes back. */

import { afterEach, expect, test, vi } from 'vitest';
import { InferenceSession, type Progress, type SessionOptions } from '../../src/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const attributes = { pads: [1, 1, 1, 1] };
const modelOf = (batch: number | string) =>
  encodeModel({
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1'], outputs: ['p'], attributes },
      { op: 'Relu', inputs: ['p'], outputs: ['q'] },
      { op: 'Conv', inputs: ['q', 'w2'], outputs: ['r'], attributes },
      { op: 'Softmax', inputs: ['r'], outputs: ['y'], attributes: { axis: 1 } },
    ],
    inputs: [{ name: 'x', dims: [batch, 8, 12, 12] }],
    outputs: ['y'],
    initializers: { w1: uniform([8, 8, 3, 3], 1), w2: uniform([16, 8, 3, 3], 2) },
  });
const fixed = modelOf(1);
const address = URL.createObjectURL(new Blob([new Uint8Array(fixed)]));
const reason = new Error('no longer wanted');

afterEach(() => vi.restoreAllMocks());

/** Aborts at a piece of progress; resolves with whether it came to that. */
async function abortedAt(step: number, options: SessionOptions): Promise<boolean> {
  const controller = new AbortController();
  let reported = 0;
  let afterwards = 0;
  const onProgress = (_: Progress) => {
    if (controller.signal.aborted) afterwards++;
    if (++reported === step) controller.abort(reason);
  };
  const { signal } = controller;
  const result = await InferenceSession.create(address, { ...options, signal, onProgress }).then(
    (session) => session.dispose(),
    (error: unknown) => error,
  );
  expect(afterwards).toBe(0);
  if (!signal.aborted) return false;
  // The last piece of progress may come when all is done.
  if (result !== undefined) expect(result).toBe(reason);
  return true;
}

test('at every step of its progress: the GPU’s memory goes back', async () => {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling: 'assume' } as const;
  let step = 1;
  while (await abortedAt(step, { gpu })) {
    await vi.waitFor(() => expect(counting.liveBytes()).toBe(0));
    step++;
  }
  expect(step).toBeGreaterThan(8); // reading, planning, compiling and uploading
  expect(counting.counts.createBuffer).toBeGreaterThan(0);
  counting.device.destroy();
});

test('between its steps: the device that it shares with nobody is destroyed', async () => {
  const destroy = vi.spyOn(GPUDevice.prototype, 'destroy');
  const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice');
  for (let milliseconds = 0; milliseconds <= 60; milliseconds += 4) {
    const controller = new AbortController();
    const { signal } = controller;
    const creating = InferenceSession.create(address, { signal, gpu: { ceiling: 'assume' } });
    setTimeout(() => controller.abort(reason), milliseconds);
    await creating.then(
      (session) => session.dispose(),
      (error: unknown) => expect(error).toBe(reason),
    );
    await vi.waitFor(() => expect(destroy.mock.calls.length).toBe(request.mock.calls.length));
  }
  expect(request).toHaveBeenCalled();
});

test('at once, whatever the page’s own function is waiting for', async () => {
  const controller = new AbortController();
  const never = new Promise<never>(() => {});
  let reached = () => {};
  const waiting = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const transform = () => {
    reached();
    return never;
  };
  const { signal } = controller;
  const creating = InferenceSession.create(fixed, { backend: 'cpu', signal, transform });
  await waiting;
  controller.abort(reason);
  await expect(creating).rejects.toBe(reason);
});

test('before it begins: nothing is done', async () => {
  const request = vi.spyOn(navigator.gpu, 'requestAdapter');
  const fetched = vi.spyOn(globalThis, 'fetch');
  const signal = AbortSignal.abort(reason);
  await expect(InferenceSession.create(address, { signal })).rejects.toBe(reason);
  expect(request).not.toHaveBeenCalled();
  expect(fetched).not.toHaveBeenCalled();
});

test('prepare() is ended alike, and the session goes on', async () => {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling: 'assume' } as const;
  const [first, second] = [new AbortController(), new AbortController()] as const;
  let abortAt = '';
  const onProgress = ({ stage }: Progress) => {
    if (stage === abortAt) first.abort(reason);
  };
  const session = await InferenceSession.create(modelOf('N'), { gpu, onProgress });
  expect(counting.liveBytes()).toBe(0);
  abortAt = 'upload';
  const ended = session.prepare({ x: [1, 8, 12, 12] }, { signal: first.signal });
  const waiting = session.prepare({ x: [2, 8, 12, 12] }, { signal: second.signal });
  const refused = expect(waiting).rejects.toBe('waited too long');
  second.abort('waited too long');
  await refused;
  await expect(ended).rejects.toBe(reason);
  await session.prepare({ x: [1, 8, 12, 12] });
  expect(session.report().dispatches).toBeGreaterThan(0);
  await session.dispose();
  expect(counting.liveBytes()).toBe(0);
  counting.device.destroy();
});
