/** Sessions by configuration: which are opened, which are disposed of, and what comes too late. */

import { describe, expect, it } from 'vitest';
import { SessionCache, shapeKey } from '../../../../demo/lib/session-cache.ts';
import type { Graph, InferenceSession } from '../../../../src/index.ts';

const graphNamed = (name: string) => async () => ({ name }) as Graph;

/** Opens sessions that only know their names, and notes what happens to them. */
function notedCache(limit?: number) {
  const opened: string[] = [];
  const disposed: string[] = [];
  const open = async ({ name }: Graph) => {
    opened.push(name);
    const dispose = async () => void disposed.push(name);
    return { dispose } as unknown as InferenceSession;
  };
  return { cache: new SessionCache(open, limit), opened, disposed };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('SessionCache', () => {
  it('opens a configuration once, and disposes of the one that was asked for longest ago', async () => {
    const { cache, opened, disposed } = notedCache(2);
    for (const name of ['a', 'b', 'a', 'c']) await cache.get(name, graphNamed(name));
    await settled();
    expect(opened).toEqual(['a', 'b', 'c']);
    expect(disposed).toEqual(['b']);
  });

  it('tries again what did not open', async () => {
    const { cache, opened } = notedCache();
    const fails = async (): Promise<Graph> => {
      throw new Error('no graph');
    };
    await expect(cache.get('a', fails)).rejects.toThrow('no graph');
    await cache.get('a', graphNamed('a'));
    expect(opened).toEqual(['a']);
  });

  it('disposes of all, also of what is still opening, and opens nothing afterwards', async () => {
    const { cache, opened, disposed } = notedCache();
    await cache.get('a', graphNamed('a'));
    const late = cache.get('b', graphNamed('b'));
    cache.dispose();
    await expect(cache.get('c', graphNamed('c'))).rejects.toThrow('left');
    await late;
    await settled();
    expect(opened).toEqual(['a', 'b']);
    expect(disposed.toSorted()).toEqual(['a', 'b']);
  });
});

it('names a shape the same whatever the order of its properties', () => {
  expect(shapeKey({ width: 2, height: 3 })).toBe(shapeKey({ height: 3, width: 2 }));
  expect(shapeKey({ width: 2, height: 3 })).not.toBe(shapeKey({ width: 3, height: 2 }));
});
