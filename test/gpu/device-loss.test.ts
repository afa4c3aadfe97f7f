/// <reference types="vite/client" />
/**
 * The GPU device goes away at any moment: whatever waits for it rejects with `DeviceLostError` in
 * time, and the next call gives the right answer on a new device.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import lenet5Url from '../../models/lenet5/lenet5.onnx?url&inline';
import { elementsOf } from '../../src/core/tensor.ts';
import { imageToTensor } from '../../src/image/index.ts';
import { DeviceLostError, InferenceSession, Tensor } from '../../src/index.ts';
import {
  Destroyer,
  type Moment,
  outcome,
  type WebGpuMethod,
} from '../support/destroyed-devices.ts';
import { ownDevice } from '../support/own-device.ts';
import { generator, uniform } from '../support/random.ts';

const dims = [1, 1, 28, 28];
const picture = new Tensor('float32', elementsOf(uniform(dims, 5)), dims);
const inside = ['scores'];
let model: Uint8Array;
let input = '';
let output = '';
let expected: readonly number[];
let destroyer: Destroyer;

beforeAll(async () => {
  model = new Uint8Array(await (await fetch(lenet5Url)).arrayBuffer());
  // The float64 loops, which need no GPU.
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  [input = ''] = session.inputNames;
  [output = ''] = session.outputNames;
  inside[0] = session.graph.nodes[0]?.outputs[0] ?? '';
  expected = numbersOf(await session.run({ [input]: picture }));
  destroyer = new Destroyer();
});
afterAll(() => destroyer.restore());

const create = () => InferenceSession.create(model);
const run = (session: InferenceSession) => session.run({ [input]: picture });

function numbersOf(outputs: Record<string, Tensor>): readonly number[] {
  return Array.from(outputs[output]?.data as Float32Array);
}

function expectRight(outputs: Record<string, Tensor>): void {
  const actual = numbersOf(outputs);
  expect(actual.length).toBe(10);
  for (const [at, value] of expected.entries()) expect(actual[at]).toBeCloseTo(value, 4);
}

/** Settled in time; what failed failed by the loss. Resolves to how many did. */
async function expectSettled(promises: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.all(promises.map(outcome));
  const errors = outcomes.flatMap((found) => ('error' in found ? [found.error] : []));
  for (const error of errors) {
    expect(error).toBeInstanceOf(DeviceLostError);
    expect((error as Error).message).toContain('Try again');
  }
  return errors.length;
}

interface Scenario {
  readonly name: string;
  /** Where the device may go; any method by default. */
  readonly at?: readonly WebGpuMethod[];
  /** In flight when the device goes; undefined: nothing. */
  readonly work?: (first: InferenceSession, second: InferenceSession) => Promise<unknown>[];
}

const loading: readonly Scenario[] = [
  { name: 'while it creates a session' },
  { name: 'while it compiles', at: ['createShaderModule', 'createComputePipelineAsync'] },
  { name: 'while it uploads weights', at: ['writeBuffer', 'submit', 'popErrorScope'] },
];
const running: readonly Scenario[] = [
  { name: 'in a run', work: (first) => [run(first)] },
  {
    name: 'in one of three runs that queue',
    work: (first) => [run(first), run(first), run(first)],
  },
  {
    name: 'while it reads outputs',
    at: ['mapAsync', 'popErrorScope'],
    work: (first) => [run(first)],
  },
  { name: 'idle' },
  { name: 'in runs of two sessions', work: (first, second) => [run(first), run(second)] },
  {
    name: 'in activations',
    work: (first, second) => [first.activations({ [input]: picture }, inside), run(second)],
  },
  { name: 'in verify', work: (first) => [first.verify({ [input]: picture })] },
  { name: 'in profile', work: (first) => [first.profile({ [input]: picture }, { runs: 2 })] },
];

const random = generator(20);
const moments: readonly Moment[] = ['before', 'after', 'soon'];
const cases = Array.from({ length: 20 }, (_, index) => {
  const scenarios = [...loading, ...running];
  const { name, ...scenario } = scenarios[index % scenarios.length] as Scenario;
  const moment = moments[Math.floor(random() * moments.length)] as Moment;
  const share = Math.round(random() * 100) / 100;
  return { index, name, scenario, moment, share };
});

describe('a device that is destroyed', () => {
  let inFlight = 0;
  it.each(cases)('$index: $name, $moment, at $share', async ({ name, scenario, moment, share }) => {
    const { at, work } = scenario;
    if (loading.some((one) => one.name === name)) {
      destroyer.count(at);
      const whole = await create();
      await whole.dispose();
      const nth = Math.floor(share * destroyer.calls);
      destroyer.arm(nth, moment, at);
      const creating = create();
      const failed = await expectSettled([creating]);
      inFlight += failed;
      await destroyer.lost;
      destroyer.count();
      const session = failed > 0 ? await create() : await creating;
      expectRight(await run(session));
      await session.dispose();
      return;
    }
    const [first, second] = await Promise.all([create(), create()]);
    expect(first.device).toBe(second.device);
    if (work) {
      await Promise.all(work(first, second)); // so that it is known how many calls there are
      destroyer.count(at);
      await Promise.all(work(first, second));
      const nth = Math.floor(share * destroyer.calls);
      destroyer.arm(nth, moment, at);
      inFlight += Math.min(await expectSettled(work(first, second)), 1);
    }
    // Calls that only wait for the GPU may be fewer this time.
    if (!destroyer.lost) destroyer.fire();
    await destroyer.lost;
    destroyer.count();
    // Both come to share one device again.
    const before = destroyer.requested;
    const again = await Promise.all([run(first), run(second)]);
    for (const outputs of again) expectRight(outputs);
    expect(destroyer.requested).toBe(before + 1);
    expect(first.device).toBe(second.device);
    expectRight(await run(first));
    await Promise.all([first.dispose(), second.dispose()]);
  });

  it('was mostly in use', () => {
    expect(inFlight).toBeGreaterThan(10);
  });

  it('fails calls that wait in the queue with it, and those made meanwhile wait for the new one', async () => {
    const session = await create();
    const early = [run(session), run(session), run(session)];
    destroyer.fire();
    expect(await expectSettled(early)).toBe(3);
    const before = destroyer.requested;
    for (const outputs of await Promise.all([run(session), run(session)])) expectRight(outputs);
    expect(destroyer.requested).toBe(before + 1);
    await session.dispose();
  });

  it.skipIf(!('ImageData' in globalThis))('takes tensors with it, which fail by name', async () => {
    const session = await create();
    const kept = (await session.run({ [input]: picture }, { location: 'gpu-buffer' }))[output];
    const pixels = new ImageData(28, 28);
    const gray = { session, channels: 'gray' } as const;
    const { tensor } = await imageToTensor(pixels, gray);
    destroyer.fire();
    await destroyer.lost;
    const download = kept?.getData();
    await expect(download).rejects.toBeInstanceOf(DeviceLostError);
    await expect(tensor.getData()).rejects.toBeInstanceOf(DeviceLostError);
    // Fed again, it says which input it is; with a new one the session goes on.
    await expect(session.run({ [input]: tensor })).rejects.toMatchObject({
      code: 'disposed',
      value: input,
      message: `the tensor of the input "${input}" is gone: its GPU device was lost; make it again`,
    });
    const { tensor: again } = await imageToTensor(pixels, gray);
    await session.run({ [input]: again });
    expectRight(await run(session));
    await session.dispose();
  });

  it.skipIf(!('ImageData' in globalThis))('is replaced by the image functions, too', async () => {
    const session = await create();
    destroyer.fire();
    await destroyer.lost;
    const { tensor } = await imageToTensor(new ImageData(28, 28), { session, channels: 'gray' });
    expect(await tensor.getData()).toEqual(new Float32Array(28 * 28).fill(1));
    await session.run({ [input]: tensor });
    await session.dispose();
  });

  it('is left to its owner', async () => {
    const device = await ownDevice();
    const session = await InferenceSession.create(model, { gpu: { device } });
    expectRight(await run(session));
    device.destroy();
    await device.lost;
    const before = destroyer.requested;
    for (let time = 0; time < 2; time++) {
      await expect(run(session)).rejects.toThrow(
        /^The GPU device was lost \(.+\)\. It is the one you gave: create the session again with another\.$/,
      );
    }
    expect(destroyer.requested).toBe(before);
    await session.dispose();
    await expect(InferenceSession.create(model, { gpu: { device } })).rejects.toBeInstanceOf(
      DeviceLostError,
    );
  });

  it('leaves nothing behind: the last session gives the new device back', async () => {
    const [first, second] = await Promise.all([create(), create()]);
    destroyer.fire();
    await destroyer.lost;
    await second.dispose(); // before it has a new device
    expectRight(await run(first));
    const { device } = first;
    await first.dispose();
    expect(device).toBe(destroyer.device);
    expect((await device?.lost)?.reason).toBe('destroyed');
    const third = await create();
    expect(third.device).not.toBe(device);
    await third.dispose();
  });
});
