/** Profiles on the GPU: by timestamps where the adapter has them, else estimated. */

import { expect, it, test } from 'vitest';
import { Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { tensorsOf } from '../support/activations.ts';
import { dataDependent } from '../support/cases/activations.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { profiledModel } from '../support/profile.ts';

const x = new Tensor('float32', new Float32Array(3 * 64).fill(0.5), [1, 3, 8, 8]);
const ceiling = { gflops: 50, gbps: 5, dispatchSeconds: 1e-5, parallelism: 8 };

it('times the nodes of the plan, with their rates and shares of the ceiling', async () => {
  const session = await InferenceSession.create(profiledModel, { gpu: { ceiling } });
  const before = await session.run({ x });
  const profile = await session.profile({ x }, { runs: 3 });
  const report = session.report();
  expect(profile).toMatchObject({ backend: 'webgpu', runs: 3, ceiling: { gflops: 50, gbps: 5 } });
  expect(profile.timing).toBe(session.caps?.timestamps ? 'timestamps' : 'estimated');
  // The sigmoid is part of the convolution.
  expect(profile.nodes.map(({ name, algorithm, runsOn }) => [name, algorithm, runsOn])).toEqual(
    report.nodes.map(({ name, algorithm, runsOn }) => [name, algorithm, runsOn]),
  );
  const conv = profile.nodes.find(({ name }) => name === 'conv');
  expect(conv?.originals).toEqual(['conv', 'gate']);
  expect(profile.nodes.find(({ name }) => name === 'flatten')).toMatchObject({
    runsOn: 'view',
    milliseconds: 0,
  });
  for (const { milliseconds, macs, bytes, gflops, gbps, share } of profile.nodes) {
    if (milliseconds === 0) continue;
    if (macs > 0) expect((gflops ?? 0) * milliseconds * 1e6).toBeCloseTo(2 * macs, 3);
    expect((gbps ?? 0) * milliseconds * 1e6).toBeCloseTo(bytes, 3);
    expect(share).toBeCloseTo(Math.max((gflops ?? 0) / 50, (gbps ?? 0) / 5), 9);
  }
  const sum = profile.nodes.reduce((total, { milliseconds }) => total + milliseconds, 0);
  expect(profile.milliseconds).toBeCloseTo(sum, 9);
  if (!profile.quantised) {
    expect(conv?.milliseconds).toBeGreaterThan(0);
    expect(profile.runMilliseconds).toBeGreaterThan(0);
  }
  if (profile.timing === 'timestamps') {
    expect(profile.splitMilliseconds).toBeGreaterThanOrEqual(0);
    // From the first pass's beginning to the last one's end, the passes and what is between them.
    if (!profile.quantised) expect(profile.splitMilliseconds).toBeGreaterThan(0);
  } else {
    expect(profile).not.toHaveProperty('splitMilliseconds');
  }
  const tracks = profile.trace().traceEvents.flatMap(({ ph, tid }) => (ph === 'X' ? [tid] : []));
  expect(new Set(tracks)).toEqual(new Set([1]));
  // The values of the plan are as they were.
  const after = await session.run({ x });
  expect(after.y?.data).toEqual(before.y?.data);
  await session.dispose();
});

it('times passes that fill the run that they are timed in', async () => {
  const session = await InferenceSession.create(profiledModel, { gpu: { ceiling } });
  const profile = await session.profile({ x }, { runs: 3 });
  const { milliseconds, splitMilliseconds = 0, quantised, timing } = profile;
  // Of one run these are sums and ends of the same timestamps; a GPU may overlap its passes.
  if (session.caps?.software && timing === 'timestamps' && !quantised) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(milliseconds).toBeLessThanOrEqual(splitMilliseconds + 1e-6);
  }
  await session.dispose();
});

it('gives back what it made, also when it is told to end', async () => {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling };
  const session = await InferenceSession.create(profiledModel, { gpu });
  await session.profile({ x }, { runs: 1 });
  const bytes = counting.liveBytes();
  await session.profile({ x }, { runs: 2 });
  expect(counting.liveBytes()).toBe(bytes);
  const controller = new AbortController();
  const ended = session.profile({ x }, { runs: 10_000, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(ended).rejects.toThrow('enough');
  // What it made is given back before the next call's turn.
  await session.run({ x });
  expect(counting.liveBytes()).toBe(bytes);
  await session.dispose();
  expect(counting.liveBytes()).toBe(0);
  counting.device.destroy();
});

test('parts of a plan that is cut, and the host between them', async () => {
  const session = await InferenceSession.create(encodeModel(dataDependent.model), {
    gpu: { ceiling },
  });
  const profile = await session.profile(tensorsOf(dataDependent.runs[0]?.feeds ?? {}), {
    runs: 2,
  });
  const homes = profile.nodes.map(({ operator, runsOn }) => [operator, runsOn]);
  expect(homes[0]).toEqual(['Relu', 'gpu']);
  expect(homes[1]).toEqual(['NonZero', 'host']);
  expect(homes.length).toBeGreaterThan(3);
  expect(profile.nodes[1]?.milliseconds).toBeGreaterThanOrEqual(0);
  await session.dispose();
});
