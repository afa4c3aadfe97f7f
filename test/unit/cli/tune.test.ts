/** What `wgconv tune` prints. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultCache, describeTuning, readCache } from '../../../src/cli/commands/tune.ts';
import { emptyTuning, type TunedProblem } from '../../../src/session/tune/tuning.ts';

const timed = (algorithm: string, median: number) => ({
  algorithm,
  milliseconds: { median, low: median - 0.1, high: median + 0.1 },
});

const problem: TunedProblem = {
  operator: 'Conv',
  nodes: ['a', 'b'],
  problem: JSON.stringify([
    'Conv',
    {},
    null,
    [
      ['float32', [1, 8, 9, 9], 'c4', false],
      ['float32', [4, 8, 3, 3], 'linear', true],
    ],
    [['float32', [1, 4, 7, 7], 'c4', false]],
  ]),
  candidates: [
    timed('conv_direct', 4),
    timed('winograd', 3),
    { algorithm: 'planted', rejected: 'wrong values: 7 elements' },
  ],
  expected: 'conv_direct',
  chosen: 'winograd',
  quantised: true,
};

describe('the table', () => {
  it('lists candidates by time, with what became of each', () => {
    const lines = describeTuning([problem], false).split('\n');
    expect(lines[1]).toMatch(/^Conv 1×8×9×9, 4×8×3×3 → 1×4×7×7 .*"a" and 1 more$/);
    expect(lines[2]).toMatch(/^ {2}winograd +3\.00 ms +2\.90 ms – 3\.10 ms +chosen$/);
    expect(lines[3]).toMatch(/^ {2}conv_direct .*the cost model's$/);
    expect(lines[4]).toMatch(/^ {2}planted .*rejected: wrong values: 7 elements$/);
  });

  it('adds up every node, before and after', () => {
    const text = describeTuning([problem], true);
    expect(text).toContain('1 problem timed, 1 with another choice');
    expect(text).toContain('8.00 ms before, 6.00 ms after');
    expect(text).toContain('1 candidate rejected');
    expect(text).toContain('coarse');
    expect(text).not.toContain('chosen');
  });

  it('says so where nothing was timed', () => {
    expect(describeTuning([], false)).toMatch(/^Nothing was timed/);
  });
});

it('keeps choices where the system keeps caches', () => {
  expect(defaultCache({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/wgconv/tuning.json');
  expect(defaultCache({})).toMatch(/\.cache\/wgconv\/tuning\.json$/);
});

describe('the file of choices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgconv-'));
  const written = (text: string) => {
    const file = join(folder, 'file');
    writeFileSync(file, text);
    return file;
  };
  const read = (file: string, isNamed: boolean, notes: string[] = []) =>
    readCache(file, isNamed, (line) => notes.push(line));

  it('may be there or not, or be empty', () => {
    expect(read(written(JSON.stringify(emptyTuning)), true)).toEqual(emptyTuning);
    expect(read(join(folder, 'none'), true)).toBeUndefined();
    expect(read(written(''), true)).toBeUndefined();
  });

  it.each(['{ "name": "my-app" }', 'a model, perhaps'])(
    'is left alone where it holds %s',
    (text) => {
      const file = written(text);
      expect(() => read(file, true)).toThrow(/--cache: .* holds no tuning .*; name another file/);
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(() => read(folder, true)).toThrow('holds no tuning');
      const notes: string[] = [];
      expect(read(file, false, notes)).toBeUndefined();
      expect(notes.join()).toContain('written anew');
    },
  );
});
