/** Models with data-dependent shapes on the GPU, run with different counts, empty results too. */

import { expect, test } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { stagedCases } from '../support/cases/staged.ts';
import { expectStagedAgrees } from '../support/staged.ts';

test.each(stagedCases)('$name, as the cpu backend', async (testCase) => {
  const reference = await InferenceSession.create(testCase.model, { backend: 'cpu' });
  await expectStagedAgrees(testCase, 'webgpu', (feeds) => reference.run(feeds));
  await reference.dispose();
});

test('outputs may stay on the GPU', async () => {
  const [detector] = stagedCases;
  if (!detector) throw new Error('no case');
  const session = await InferenceSession.create(detector.model);
  const feeds = Object.fromEntries(
    Object.entries(detector.feeds[0] ?? {}).map(([name, fed]) => [
      name,
      new Tensor(fed.type, elementsOf(fed), fed.dims),
    ]),
  );
  const here = await session.run(feeds);
  const there = await session.run(feeds, { location: 'gpu-buffer', outputs: ['y', 'scores'] });
  expect(Object.keys(there)).toEqual(['y', 'scores']);
  for (const [name, tensor] of Object.entries(there)) {
    expect(tensor.location).toBe('gpu-buffer');
    expect(await tensor.getData()).toEqual(here[name]?.data);
  }
  await session.dispose();
});
