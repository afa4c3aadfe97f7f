/** Values that cross between Node and the page arrive as they were. */
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../src/cli/message.ts';

test.each([
  ['plain data', { a: [1, 'two', null, { b: true }] }],
  ['values that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY, -0, 2n ** 63n]],
  ['bytes', { name: 'x', bytes: new Uint8Array([1, 2, 3]), rest: [new Uint8Array(0)] }],
  ['text beyond ASCII', 'Ⅷ ☂ 日本'],
])('%s', (_, value) => {
  expect(decodeMessage(encodeMessage(value))).toEqual(value);
});

test('bytes begin where elements of eight bytes may be read', () => {
  const message = encodeMessage([new Uint8Array(3), new Uint8Array(8).fill(1)]);
  const [, second] = decodeMessage(message) as [Uint8Array, Uint8Array];
  expect(second.byteOffset % 8).toBe(0);
  expect(new BigInt64Array(second.buffer, second.byteOffset, 1)[0]).toBe(0x0101010101010101n);
});

test('a message that begins at an odd address is read too', () => {
  const message = encodeMessage({ bytes: new Uint8Array([9, 8]) });
  const shifted = new Uint8Array(message.length + 3);
  shifted.set(message, 3);
  expect(decodeMessage(shifted.subarray(3))).toEqual({ bytes: new Uint8Array([9, 8]) });
});

test('a Buffer is bytes, not the text that JSON makes of it', () => {
  const [bytes] = decodeMessage(encodeMessage([Buffer.from([1, 2])])) as [Uint8Array];
  expect([...bytes]).toEqual([1, 2]);
});

test('what is undefined is left out', () => {
  expect(decodeMessage(encodeMessage({ a: undefined, b: 1 }))).toEqual({ b: 1 });
});
