/** What types do not check of `imageToTensor`'s options is refused before memory is asked for. */

import { expect, test } from 'vitest';
import { imageToTensor } from '../../../src/image/index.ts';

const picture = { width: 1, height: 1, data: new Uint8Array(4) };

test.each<[object, string]>([
  [{ width: 100_000, height: 100_000 }, '100000×100000 pixels is larger than memory'],
  [{ mean: {} }, 'mean is {}, but takes one number'],
])('%j', async (options, message) => {
  await expect(imageToTensor(picture, options)).rejects.toMatchObject({
    name: 'WgconvError',
    message: expect.stringContaining(message),
  });
});
