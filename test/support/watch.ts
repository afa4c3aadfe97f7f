/** Runs a watched case on a backend and holds the error, or its absence, against what is known. */

import { expect } from 'vitest';
import { InferenceSession, Tensor, WgconvError } from '../../src/index.ts';
import type { WatchCase } from './cases/watch.ts';
import { encodeModel } from './onnx-writer.ts';

export async function expectWatched(
  { model, x, watch, error }: WatchCase,
  backend: 'webgpu' | 'cpu',
): Promise<void> {
  const session = await InferenceSession.create(encodeModel(model), { backend });
  const feeds = { x: new Tensor('float32', Float32Array.from(x), [1, 4]) };
  const plain = await session.run(feeds);
  const watched = await session.run(feeds, { watch }).catch((thrown: unknown) => thrown);
  if (error) {
    if (!(watched instanceof WgconvError)) throw new Error(`not refused: ${String(watched)}`);
    const { index, element, count, ...place } = error;
    expect(watched.message).toMatch(place.message);
    expect(watched).toMatchObject({ ...place, message: expect.anything(), code: 'out-of-range' });
    expect(watched.data).toEqual({ index, element, count, size: 4 });
  } else {
    expect((watched as typeof plain).y?.data).toEqual(plain.y?.data);
  }
  // The session goes on.
  expect((await session.run(feeds)).y?.data).toEqual(plain.y?.data);
  await session.dispose();
}
