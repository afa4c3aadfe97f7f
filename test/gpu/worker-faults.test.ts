/** What becomes of calls when their worker fails, their signal is aborted, or they are wrong. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  DeviceLostError,
  InferenceSession,
  Tensor,
  type Tuning,
  WgconvError,
} from '../../src/index.ts';
import { startWorker, WorkerSession } from '../../src/worker/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const gpu = { ceiling: 'assume' } as const;
const cpu = { backend: 'cpu' } as const;
afterEach(() => vi.restoreAllMocks());

/** In memory of its own, as a fetched file is. */
const model = (op = 'Relu') =>
  encodeModel({
    nodes: [{ op, name: 'node', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: ['N'] }],
    outputs: ['y'],
  }).slice();
const x = (...values: number[]) => ({ x: new Tensor('float32', values) });

/** One convolution that takes JavaScript some tenths of a second, without a pause. */
const slow = () =>
  encodeModel({
    nodes: [{ op: 'Conv', name: 'slow', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [1, 32, 56, 56] }],
    outputs: ['y'],
    initializers: { w: uniform([64, 32, 5, 5], 1) },
  });
const slowFeeds = () => ({
  x: new Tensor('float32', new Float32Array(32 * 56 * 56), [1, 32, 56, 56]),
});

const fragileWorker = () =>
  new Worker(new URL('../support/fragile-worker.ts', import.meta.url), { type: 'module' });
const failed = (message: RegExp) => ({
  ...{ name: 'WgconvError', code: 'worker-failed' },
  message: expect.stringMatching(message),
});

describe('the page stays free', () => {
  async function ticksDuring(session: {
    run(feeds: Record<string, Tensor>): Promise<unknown>;
  }): Promise<number> {
    const feeds = slowFeeds();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await session.run(feeds);
    clearInterval(timer);
    return ticks;
  }

  it('while a worker computes on the CPU, as it does not where the page computes', async () => {
    const here = await InferenceSession.create(slow(), cpu);
    const there = await WorkerSession.create(slow(), cpu);
    expect(await ticksDuring(here)).toBe(0);
    expect(await ticksDuring(there)).toBeGreaterThan(3);
    await there.dispose();
  });
});

describe('memory', () => {
  it('of the model goes to the worker, or is copied', async () => {
    const bytes = model();
    const first = await WorkerSession.create(bytes, { ...cpu, transfer: false });
    expect(bytes.length).toBeGreaterThan(0);
    const second = await WorkerSession.create(bytes, cpu);
    expect(bytes.length).toBe(0);
    await expect(WorkerSession.create(bytes, cpu)).rejects.toThrow(/gone here/);
    for (const session of [first, second]) {
      expect([...((await session.run(x(-1, 2))).y?.data ?? [])]).toEqual([0, 2]);
      await session.dispose();
    }
  });

  it('of feeds is copied, or goes if they fit', async () => {
    const session = await WorkerSession.create(model(), cpu);
    const data = Float32Array.of(-1, 2);
    const tensor = new Tensor('float32', data);
    await session.run({ x: tensor });
    expect([...tensor.data]).toEqual([-1, 2]);
    await expect(session.run({ z: tensor }, { transfer: true })).rejects.toThrow(/no input "z"/);
    const signal = AbortSignal.abort('early');
    await expect(session.run({ x: tensor }, { transfer: true, signal })).rejects.toBe('early');
    expect(data.length).toBe(2);
    expect([...((await session.run({ x: tensor }, { transfer: true })).y?.data ?? [])]).toEqual([
      0, 2,
    ]);
    expect(data.length).toBe(0);
    await expect(session.run({ x: tensor })).rejects.toThrow(/disposed/);
    await session.dispose();
  });
});

describe('errors', () => {
  it('are those of the engine', async () => {
    await expect(WorkerSession.create(model('Nonsense'), cpu)).rejects.toMatchObject({
      ...{ name: 'WgconvError', code: 'unsupported-operator' },
      message: expect.stringContaining('Nonsense'),
    });
    await expect(WorkerSession.create('no/such.onnx', cpu)).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining(new URL('no/such.onnx', document.baseURI).href),
    });
    const unknown = { ...cpu, invented: 1 };
    await expect(WorkerSession.create(model(), unknown)).rejects.toThrow(/no option "invented"/);
    const session = await WorkerSession.create(model(), cpu);
    await expect(session.run({})).rejects.toMatchObject({ code: 'missing-input', value: 'x' });
    await expect(session.verify(x(1))).rejects.toMatchObject({ code: 'invalid-argument' });
    const error = await session.activations(x(1), ['Y']).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WgconvError);
    expect(error).toMatchObject({ value: 'Y', data: { near: expect.arrayContaining(['y']) } });
    const location = 'gpu-buffer' as 'cpu';
    await expect(session.run(x(1), { location })).rejects.toThrow(/"location".*GPU buffers cannot/);
    await session.dispose();
    await expect(session.run(x(1))).rejects.toMatchObject({ code: 'disposed' });
  });

  it('a lost device is a DeviceLostError, and the next run has another device', async () => {
    const worker = fragileWorker();
    const session = await WorkerSession.create(model(), { worker, gpu });
    const { caps } = session;
    await session.run(x(1));
    worker.postMessage('lose');
    const lost = session.run(x(1));
    await expect(lost).rejects.toBeInstanceOf(DeviceLostError);
    await expect(lost).rejects.toThrow(/Try again/);
    await session.recover();
    expect([...((await session.run(x(-1, 3))).y?.data ?? [])]).toEqual([0, 3]);
    expect(session.caps).not.toBe(caps);
    expect(session.caps).toEqual(caps);
    await session.dispose();
    worker.terminate();
  });
});

describe('a signal', () => {
  /** How many listeners a signal has. */
  function listeners(signal: AbortSignal): () => number {
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    return () => added.mock.calls.length - removed.mock.calls.length;
  }

  it('ends a run at once, even where the worker is busy, and the next run is right', async () => {
    const session = await WorkerSession.create(slow(), cpu);
    const controller = new AbortController();
    const count = listeners(controller.signal);
    const busy = session.run(slowFeeds());
    const run = session.run(slowFeeds(), { signal: controller.signal });
    expect(count()).toBe(1);
    const reason = new DOMException('enough', 'AbortError');
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(count()).toBe(0);
    await expect(session.run(slowFeeds(), { signal: controller.signal })).rejects.toBe(reason);
    expect((await busy).y?.dims).toEqual([1, 64, 52, 52]);
    await session.dispose();
  });

  it('leaves no listener where nothing is aborted', async () => {
    const { signal } = new AbortController();
    const count = listeners(signal);
    const session = await WorkerSession.create(model(), { ...cpu, signal });
    await session.run(x(1), { signal });
    await expect(session.activations(x(1), ['none'], { signal })).rejects.toThrow();
    expect(count()).toBe(0);
    await session.dispose();
  });

  it('ends create, and nothing is left in the worker', async () => {
    const terminate = vi.spyOn(Worker.prototype, 'terminate');
    const signal = AbortSignal.timeout(0);
    const created = WorkerSession.create(model(), { ...cpu, signal });
    await expect(created).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(terminate).toHaveBeenCalledTimes(1);
  });
});

describe('progress', () => {
  it('is heard in order, and before the call that it belongs to is answered', async () => {
    const heard: string[] = [];
    const session = await WorkerSession.create(slow(), {
      gpu,
      onProgress: ({ stage, done, total }) => heard.push(`${stage} ${done}/${total}`),
    });
    const created = heard.length;
    expect(heard.some((line) => /^upload (\d+)\/\1$/.test(line))).toBe(true);
    expect(heard.indexOf('prepare 0/1')).toBeLessThan(heard.indexOf('prepare 1/1'));
    await session.profile(slowFeeds(), { runs: 1 });
    expect(heard.slice(created).some((line) => line.startsWith('profile'))).toBe(true);
    await session.dispose();
  });

  it('can be iterated', async () => {
    const loading = WorkerSession.load(slow(), cpu);
    const stages: string[] = [];
    for await (const { stage } of loading) stages.push(stage);
    expect(stages).toContain('prepare');
    await (await loading.session).dispose();
  });
});

it('a store of tuned choices stays in the page', async () => {
  const load = vi.fn(async () => undefined);
  const save = vi.fn(async (_: Tuning) => {});
  const conv = encodeModel({
    nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [1, 8, 8, 8] }],
    outputs: ['y'],
    initializers: { w: uniform([8, 8, 1, 1], 1) },
  });
  const tuning = { load, save };
  const session = await WorkerSession.create(conv, { gpu, tune: 'full', tuning });
  expect(load).toHaveBeenCalled();
  const found = await session.tuning();
  expect(Object.keys(found?.devices ?? {})).toHaveLength(1);
  expect(save.mock.lastCall).toEqual([found]);
  await session.dispose();
});

describe('a worker', () => {
  it('is shared, and ends with its last session', async () => {
    const terminate = vi.spyOn(Worker.prototype, 'terminate');
    const first = await WorkerSession.create(model(), cpu);
    const second = await WorkerSession.create(model(), cpu);
    await first.dispose();
    expect(terminate).not.toHaveBeenCalled();
    await second.run(x(1));
    await Promise.all([second.dispose(), second.dispose()]);
    expect(terminate).toHaveBeenCalledTimes(1);
  });

  it('of the caller outlives its sessions, and serves others', async () => {
    const worker = startWorker();
    const terminate = vi.spyOn(worker, 'terminate');
    for (let turn = 0; turn < 2; turn++) {
      const session = await WorkerSession.create(model(), { ...cpu, worker });
      await session.run(x(1));
      await session.dispose();
    }
    expect(terminate).not.toHaveBeenCalled();
    worker.terminate();
  });

  it('may load its script late', async () => {
    const worker = new Worker(new URL('../support/late-worker.ts', import.meta.url), {
      type: 'module',
    });
    const session = await WorkerSession.create(model(), { ...cpu, worker });
    expect((await session.run(x(4))).y?.data[0]).toBe(4);
    await session.dispose();
    worker.terminate();
  });

  it('whose script cannot be loaded, or throws, is a typed error', async () => {
    const absent = new Worker(new URL('no-such-worker.js', document.baseURI), { type: 'module' });
    await expect(
      Promise.allSettled([
        WorkerSession.create(model(), { ...cpu, worker: absent }),
        WorkerSession.create(model(), { ...cpu, worker: absent }),
      ]),
    ).resolves.toMatchObject([1, 2].map(() => ({ reason: failed(/does not start.*worker-src/) })));
    await expect(WorkerSession.create(model(), { ...cpu, worker: absent })).rejects.toThrow();
    const script = new Blob(['throw new Error("broken script");'], { type: 'text/javascript' });
    const broken = new Worker(URL.createObjectURL(script), { type: 'module' });
    await expect(WorkerSession.create(model(), { ...cpu, worker: broken })).rejects.toMatchObject(
      failed(/broken script/),
    );
  });

  it.each([
    ['throw', /nobody catches this/],
    ['close', /is gone/],
    ['terminate', /is gone/],
  ])('that goes (%s) rejects all that waits for it', async (how, message) => {
    const worker = fragileWorker();
    const session = await WorkerSession.create(slow(), { ...cpu, worker });
    const runs = [session.run(slowFeeds()), session.run(slowFeeds()), session.report()];
    if (how === 'terminate') worker.terminate();
    else worker.postMessage(how);
    const results = await Promise.allSettled(runs);
    expect(results[1]).toMatchObject({ reason: failed(message) });
    await expect(session.run(slowFeeds())).rejects.toMatchObject(failed(message));
    await session.dispose();
    worker.terminate();
  });
});
