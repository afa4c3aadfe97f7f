/** Text for terminals. */
import { describe, expect, test } from 'vitest';
import {
  bar,
  formatBytes,
  formatCount,
  formatMilliseconds,
  plural,
  table,
} from '../../../src/cli/table.ts';

describe('table', () => {
  test('aligns columns, and leaves no spaces at line ends', () => {
    const rows = [
      ['name', 'count'],
      ['conv', '12'],
      ['a', '3'],
    ];
    expect(table(rows, ['left', 'right'])).toBe('name  count\nconv     12\na         3');
  });

  test('counts characters, not UTF-16 units, and fills short rows', () => {
    expect(table([['𝒳', 'b'], ['yy', 'c'], ['z']])).toBe('𝒳   b\nyy  c\nz');
  });
});

test('a bar has steps of an eighth of a character and one width', () => {
  expect(bar(0, 4)).toBe('    ');
  expect(bar(0.5, 4)).toBe('██  ');
  expect(bar(1 / 32, 4)).toBe('▏   ');
  expect(bar(27 / 32, 4)).toBe('███▍');
  expect(bar(1, 4)).toBe('████');
  expect(bar(7, 4)).toBe('████');
  expect(bar(Number.NaN, 4)).toBe('    ');
});

test('numbers are short and keep their unit at the edges', () => {
  expect(formatBytes(0)).toBe('0 B');
  expect(formatBytes(999)).toBe('999 B');
  expect(formatBytes(1500)).toBe('1.50 KB');
  expect(formatBytes(999_960)).toBe('1.00 MB');
  expect(formatCount(3_504_872)).toBe('3.50 M');
  expect(formatCount(12)).toBe('12');
  expect(formatMilliseconds(1.234)).toBe('1.23 ms');
  expect(formatMilliseconds(1234.5)).toBe('1235 ms');
  expect([plural(1, 'node'), plural(2, 'node')]).toEqual(['1 node', '2 nodes']);
  expect(plural(2, 'dispatch')).toBe('2 dispatches');
});
