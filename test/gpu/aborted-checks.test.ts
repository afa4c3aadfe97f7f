/** A signal ends verify and activations between two steps, and the session goes on. */

import { expect, it } from 'vitest';
import { InferenceSession } from '../../src/session/session.ts';
import { expectValues, tensorsOf } from '../support/activations.ts';
import { folded } from '../support/cases/activations.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';

const [{ feeds, values }] = folded.runs as [(typeof folded.runs)[0]];
const fed = tensorsOf(feeds);
const disable = ['fuse-epilogue', 'fold-batch-norm', 'fuse-pointwise'] as const;

it('verify', async () => {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling: 'assume' } as const;
  const controller = new AbortController();
  const checked: number[] = [];
  const session = await InferenceSession.create(encodeModel(folded.model), {
    ...{ gpu, disable },
    onProgress: ({ stage, done }) => {
      if (stage !== 'verify') return;
      checked.push(done);
      if (done === 2) controller.abort('enough');
    },
  });
  await session.run(fed);
  expect(session.report().nodes.length).toBeGreaterThan(3);
  const ended = session.verify(fed, { signal: controller.signal });
  const next = session.run(fed);
  await expect(ended).rejects.toBe('enough');
  await next;
  // What it had begun is over when the next one's turn has come.
  expect(checked).toEqual([1, 2]);
  await expect(session.verify(fed, { signal: controller.signal })).rejects.toBe('enough');
  expect(checked).toEqual([1, 2]);
  expect((await session.verify(fed)).ok).toBe(true);
  // A buffer that the ended one left would still be there.
  await session.dispose();
  expect(counting.liveBytes()).toBe(0);
  counting.device.destroy();
});

it('activations', async () => {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling: 'assume' } as const;
  const session = await InferenceSession.create(encodeModel(folded.model), { gpu });
  const controller = new AbortController();
  const ended = session.activations(fed, undefined, { signal: controller.signal });
  controller.abort('enough');
  await expect(ended).rejects.toBe('enough');
  await expectValues(await session.activations(fed), values);
  await session.dispose();
  expect(counting.liveBytes()).toBe(0);
  counting.device.destroy();
});
