/** Pictures for tests. */

import type { Pixels } from '../../src/image/index.ts';
import { generator } from './random.ts';

/** Noise: every pixel, alpha too unless it is to be opaque, differs from its neighbours. */
export function noise(
  width: number,
  height: number,
  seed: number,
  opaque = false,
): Pixels & { readonly data: Uint8ClampedArray<ArrayBuffer> } {
  const random = generator(seed);
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) =>
    opaque && at % 4 === 3 ? 255 : Math.floor(random() * 256),
  );
  return { data, width, height };
}
