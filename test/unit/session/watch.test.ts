/** `run(feeds, { watch })` on the cpu backend. */

import { expect, it } from 'vitest';
import { InferenceSession, Tensor } from '../../../src/index.ts';
import { watchCases } from '../../support/cases/watch.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { expectWatched } from '../../support/watch.ts';

it.each(watchCases)('$name', (testCase) => expectWatched(testCase, 'cpu'));

it('refuses what it does not know', async () => {
  const [{ model }] = watchCases as [(typeof watchCases)[0]];
  const session = await InferenceSession.create(encodeModel(model), { backend: 'cpu' });
  const feeds = { x: new Tensor('float32', [1, 2, 3, 4], [1, 4]) };
  await expect(session.run(feeds, { watch: 'nan' as never })).rejects.toThrow(
    `there is no kind of watch "nan"; use 'finite' or 'float16'`,
  );
});
