/** Values inside a model on the GPU: read, kept there, without new objects, and all given back. */

import { describe, expect, it, test } from 'vitest';
import { sizeOf } from '../../src/core/shape.ts';
import { type HostTensor, Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { expectActivations, expectValues, tensorsOf } from '../support/activations.ts';
import { activationCases, folded } from '../support/cases/activations.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { numbers } from '../support/single-node.ts';

it.each(activationCases)('reads every value of $name', async (testCase) => {
  await expectActivations(testCase, 'webgpu');
});

const [first, second] = folded.runs as [(typeof folded.runs)[0], (typeof folded.runs)[0]];
const images = ['sums', 'normal', 'gained', 'positive', 'residual'] as const;

describe('on a counting device', () => {
  const open = async () => {
    const counting = await countingDevice();
    const gpu = { device: counting.device, ceiling: 'assume' } as const;
    const session = await InferenceSession.create(encodeModel(folded.model), { gpu });
    return { counting, session };
  };
  const made = ({ counts }: Awaited<ReturnType<typeof countingDevice>>) =>
    Object.entries(counts).filter(([, count]) => count > 0);

  it('makes no GPU object from the second call on, with values read or left there', async () => {
    const { counting, session } = await open();
    const feeds = tensorsOf(first.feeds);
    for (const location of ['cpu', 'gpu-buffer'] as const) {
      counting.reset();
      await session.activations(feeds, images, { location });
      expect(made(counting).length).toBeGreaterThan(0); // the counter sees what is made
      counting.reset();
      for (let call = 0; call < 3; call++) await session.activations(feeds, images, { location });
      expect(made(counting)).toEqual([]);
    }
    await session.dispose();
    expect(counting.liveBytes()).toBe(0);
    counting.device.destroy();
  });

  it('keeps the plans of a few sets of names only', async () => {
    const { counting, session } = await open();
    const feeds = tensorsOf(first.feeds);
    const names = Object.keys(first.values);
    const call = (from: number) => session.activations(feeds, names.slice(from, from + 3));
    for (let from = 0; from < 4; from++) await call(from);
    await call(0);
    counting.reset();
    await call(0);
    expect(made(counting)).toEqual([]);
    const bytes: number[] = [];
    for (let from = 0; from < 10; from++) {
      await call(from);
      bytes.push(counting.liveBytes());
    }
    // Nothing adds up; every set alone takes as much as the next, about.
    expect(Math.max(...bytes)).toBeLessThan(2 * Math.min(...bytes));
    await session.dispose();
    expect(counting.liveBytes()).toBe(0);
    counting.device.destroy();
  });
});

test('what stays on the GPU is dense, and is overwritten by the next call', async () => {
  const session = await InferenceSession.create(encodeModel(folded.model));
  const kept = await session.activations(tensorsOf(second.feeds), images, {
    location: 'gpu-buffer',
  });
  const wanted = Object.fromEntries(
    Object.entries(second.values).filter(([name]) => images.includes(name as 'sums')),
  );
  for (const { location } of Object.values(kept)) expect(location).toBe('gpu-buffer');
  await expectValues(kept, wanted);
  // As a page's own shader would read it: the buffer itself, without the tensor.
  const device = session.device as GPUDevice;
  const { gpuBuffer, dims } = kept.normal as Tensor;
  const bytes = sizeOf(dims) * 4;
  const staging = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(gpuBuffer, 0, staging, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const raw = Array.from(new Float32Array(staging.getMappedRange()));
  expect(raw).toEqual(numbers(second.values.normal as HostTensor));
  staging.destroy();
  const zero = { x: new Tensor('float32', new Float32Array(8), [2, 1, 2, 2]) };
  const again = await session.activations(zero, images, { location: 'gpu-buffer' });
  expect(again.normal?.gpuBuffer).toBe(gpuBuffer);
  // 2 · 0 + 1, and 0 − 2.
  const zeros = [1, 1, 1, 1, -2, -2, -2, -2];
  expect(await kept.normal?.getData()).toEqual(Float32Array.of(...zeros, ...zeros));
  await session.dispose();
  await expect(kept.sums?.getData()).rejects.toMatchObject({ code: 'disposed' });
});
