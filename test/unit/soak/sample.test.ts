import { describe, expect, it } from 'vitest';
import { type Sample, summarise } from '../../soak/sample.ts';

const MB = 1e6;

/** Rests at 10, 20, … seconds, each after a busy sample. */
function samplesOf(count: number, atRest: (index: number) => Partial<Sample>): Sample[] {
  const level: Omit<Sample, 'seconds' | 'atRest'> = {
    ...{ bytes: 4 * MB, resources: 20, groups: 30, pipelines: 90, devices: 1, sessions: 1 },
    ...{ heap: 9 * MB, buffers: 4 * MB },
  };
  return Array.from({ length: count }, (_, index) => [
    { ...level, bytes: 250 * MB, heap: 30 * MB, seconds: index * 10 + 5, atRest: false },
    { ...level, ...atRest(index), seconds: index * 10 + 10, atRest: true },
  ]).flat();
}

const complaints = (samples: readonly Sample[]) =>
  summarise(samples).flatMap(({ complaint }) => complaint ?? []);

describe('what the soak says of its samples', () => {
  it('is content with a page that comes back to its level, however high it went', () => {
    const summaries = summarise(samplesOf(20, () => ({})));
    expect(summaries[0]).toEqual({
      ...{ name: 'GPU memory', unit: 'MB', start: 4 * MB, peak: 250 * MB, end: 4 * MB },
    });
    expect(complaints(samplesOf(20, () => ({})))).toEqual([]);
  });

  it('finds one buffer of 16 bytes that every third stretch leaves behind', () => {
    const leaking = samplesOf(20, (index) => ({
      bytes: 4 * MB + 16 * Math.floor(index / 3),
      resources: 20 + Math.floor(index / 3),
    }));
    expect(complaints(leaking)).toEqual([
      'GPU memory at rest grew by 80 bytes',
      'GPU buffers, textures, query sets at rest grew by 5',
    ]);
  });

  it('finds bind groups that stay, and a heap that climbs', () => {
    expect(complaints(samplesOf(12, (index) => ({ groups: 30 + index })))).toHaveLength(1);
    const climbing = samplesOf(12, (index) => ({ heap: (9 + index) * MB }));
    expect(complaints(climbing)).toEqual(['JS heap at rest grew by 9.0 MB']);
  });

  it('forgives a garbage collector that was late once', () => {
    const once = samplesOf(12, (index) => (index === 11 ? { heap: 25 * MB, groups: 80 } : {}));
    expect(complaints(once)).toEqual([]);
  });
});
