/** Work that follows fast changes: one at a time, the latest of those that wait. */

import { describe, expect, it } from 'vitest';
import { latestOnly } from '../../../../demo/lib/latest-only.ts';

/** Work that notes its argument and ends when `next` is called. */
function heldWork() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (argument: string): Promise<void> => {
    begun.push(argument);
    return new Promise((resolve) => {
      ends.push(resolve);
    });
  };
  const next = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { begun, work, next };
}

describe('latestOnly', () => {
  it('leaves out all but the latest of the calls that wait', async () => {
    const { begun, work, next } = heldWork();
    const call = latestOnly(work);
    const first = call('a');
    await next();
    const others = [call('b'), call('c'), call('d')];
    expect(begun).toEqual(['a']);
    await next();
    await first;
    expect(begun).toEqual(['a', 'd']);
    await next();
    await Promise.all(others);
    expect(begun).toEqual(['a', 'd']);
  });

  it('keeps what is done between two calls apart from both', async () => {
    const { begun, work, next } = heldWork();
    const call = latestOnly(work);
    call('a');
    await next();
    const between = call.between(async () => {
      begun.push('between');
    });
    call('b');
    expect(begun).toEqual(['a']);
    await next();
    await between;
    expect(begun.slice(0, 2)).toEqual(['a', 'between']);
    await next();
    await call.settled();
    expect(begun).toEqual(['a', 'between', 'b']);
  });

  it('goes on after a failure, which only its own caller hears of', async () => {
    const call = latestOnly(async (argument: number) => {
      if (argument === 1) throw new Error('one');
    });
    await expect(call(1)).rejects.toThrow('one');
    await expect(call(2)).resolves.toBeUndefined();
    await expect(call.settled()).resolves.toBeUndefined();
  });
});
