/** A short seeded run of `npm run fuzz`: random graphs on the GPU, node by node and end to end. */

import { expect, test } from 'vitest';
import { fuzz } from '../fuzz/fuzz.ts';

test('random graphs are right on the GPU', async () => {
  const { found, tally } = await fuzz({ seed: 11, graphs: 80, opinions: { webgpu: true } });
  expect(found?.note, JSON.stringify(found?.recipe)).toBeUndefined();
  expect(tally.outcomes.agree).toBeGreaterThan(60);
});
