/** Pictures of any size are fitted to what the pages compute on. */

import { describe, expect, it } from 'vitest';
import { fittedSize } from '../../../../demo/lib/pixels.ts';

describe('the size that a picture is fitted to', () => {
  it('keeps the shape, at most the given length, and does not enlarge', () => {
    expect(fittedSize({ width: 4000, height: 3000 }, 192)).toEqual({ width: 192, height: 144 });
    expect(fittedSize({ width: 100, height: 50 }, 192)).toEqual({ width: 100, height: 50 });
  });

  it('is never smaller than the widest window of the pages', () => {
    expect(fittedSize({ width: 1, height: 1 }, 192)).toEqual({ width: 24, height: 24 });
    expect(fittedSize({ width: 4000, height: 3 }, 192)).toEqual({ width: 192, height: 24 });
  });
});
