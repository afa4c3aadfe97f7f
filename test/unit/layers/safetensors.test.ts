/** The format safetensors, by files made by hand: right ones, and damaged ones that are refused. */

import { expect, test } from 'vitest';
import { dense, sequential } from '../../../src/layers/index.ts';
import { parseSafetensors } from '../../../src/layers/safetensors.ts';

function file(header: unknown, data: readonly number[]): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  ...{ dtype, shape, data_offsets: [begin, end] },
});

test('weights are set by their names, of every float type', () => {
  const net = sequential([dense({ inputShape: [2], units: 1 })]);
  net.loadSafetensors(
    file(
      {
        __metadata__: { format: 'pt' },
        // 1.5 as float16, and -2 as bfloat16, little-endian.
        'dense/kernel': entry('F16', [2, 1], 0, 4),
        'dense/bias': entry('BF16', [1], 4, 6),
      },
      [0x00, 0x3e, 0x00, 0xbe, 0x00, 0xc0],
    ),
  );
  expect(net.getWeights().map(({ data }) => Array.from(data as Float32Array))).toEqual([
    [1.5, -1.5],
    [-2],
  ]);
});

const four = [0, 0, 128, 63];

test('a float32 tensor is a view', () => {
  const tensor = parseSafetensors(file({ a: entry('F32', [], 0, 4) }, four)).get('a');
  expect(tensor).toEqual({ type: 'float32', dims: [], bytes: Uint8Array.from(four) });
});

test.each<[string, Uint8Array, string]>([
  ['too short', new Uint8Array(7), 'shorter than the 8 bytes'],
  [
    'a header beyond the end',
    Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1),
    'its header would have 18446744073709551615 bytes',
  ],
  ['no JSON', file('{', []), 'header is no JSON'],
  ['no object', file([], []), 'its header is no object'],
  ['an unknown type', file({ a: entry('F8_E4M3', [4], 0, 4) }, four), 'the element type "F8_E4M3"'],
  [
    'an inherited name as a type',
    file({ a: entry('toString', [4], 0, 4) }, four),
    'the element type "toString"',
  ],
  ['no entry', file({ a: null }, []), 'the tensor "a"'],
  ['a negative size', file({ a: entry('F32', [-1], 0, 4) }, four), 'the shape of "a" is none'],
  ['bytes outside', file({ a: entry('F32', [2], 0, 8) }, four), 'the bytes of "a" lie outside'],
  ['too few bytes', file({ a: entry('F32', [2], 0, 4) }, four), 'needs 8 bytes, but 4 are given'],
  [
    'a huge shape',
    file({ a: entry('F32', [2 ** 40, 2 ** 40], 0, 4) }, four),
    'the shape of "a" needs',
  ],
  ['bytes left over', file({ a: entry('U8', [2], 0, 2) }, four), 'bytes that belong to no tensor'],
  ['an overlap', file({ a: entry('F32', [], 0, 4), b: entry('F32', [], 0, 4) }, four), 'overlap'],
])('%s is refused', (_, bytes, message) => {
  expect(() => parseSafetensors(bytes)).toThrow(message);
});
