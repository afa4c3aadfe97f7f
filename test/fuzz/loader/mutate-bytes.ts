/** Damage to a file that knows nothing of what the bytes mean. */

import type { Chance } from './chance.ts';
import { joinBytes, varintBytes } from './protobuf-tree.ts';

/** Ends of what numbers of 7 to 64 bits hold, and sizes that a program may take at their word. */
export const extremes: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 5n, 16n, 127n, 128n, 255n, 1000n, 65535n, 65536n, 1_000_000n],
  ...[2n ** 28n, 10n ** 9n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n],
  ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 31n), -1n, -2n, -3n, -1000n],
];

type Damage = (bytes: Uint8Array, chance: Chance, other: Uint8Array) => Uint8Array;

const cut = (
  bytes: Uint8Array,
  start: number,
  end: number,
  between: Uint8Array = new Uint8Array(),
) => joinBytes([bytes.subarray(0, start), between, bytes.subarray(end)]);

/** Most bytes of a real model are weights, of which nothing depends on one: its start is not. */
const place = (bytes: Uint8Array, chance: Chance) =>
  chance.int(chance.oneIn(2) ? bytes.length : Math.min(bytes.length, 4096));

const damages: readonly Damage[] = [
  function flipBits(bytes, chance) {
    const copy = bytes.slice();
    for (let flips = 1 + chance.int(8); flips-- > 0 && copy.length > 0; ) {
      const at = place(copy, chance);
      copy[at] = (copy[at] as number) ^ (1 << chance.int(8));
    }
    return copy;
  },
  function setBytes(bytes, chance) {
    const copy = bytes.slice();
    copy.set(chance.bytes(Math.min(1 + chance.int(8), copy.length)).fill(chance.int(256)), 0);
    const at = place(copy, chance);
    copy.set(bytes.subarray(0, Math.min(8, bytes.length)), 0);
    if (copy.length > 0) copy[at] = chance.of([0, 1, 0x7f, 0x80, 0xff]);
    return copy;
  },
  function truncate(bytes, chance) {
    return bytes.slice(0, place(bytes, chance));
  },
  function insert(bytes, chance) {
    const at = place(bytes, chance);
    return cut(bytes, at, at, chance.bytes(1 + chance.int(16)));
  },
  function remove(bytes, chance) {
    const at = place(bytes, chance);
    return cut(bytes, at, at + 1 + chance.int(chance.of([4, 64])));
  },
  function repeat(bytes, chance) {
    const at = place(bytes, chance);
    const piece = bytes.subarray(at, at + 1 + chance.int(200));
    return cut(bytes, at, at, joinBytes(Array.from({ length: 1 + chance.int(50) }, () => piece)));
  },
  function extremeNumber(bytes, chance) {
    const at = place(bytes, chance);
    return cut(bytes, at, at + chance.int(3), varintBytes(chance.of(extremes)));
  },
  function endlessNumber(bytes, chance) {
    const at = place(bytes, chance);
    return cut(bytes, at, at, new Uint8Array(1 + chance.int(30)).fill(0xff));
  },
  function spliceBytes(bytes, chance, other) {
    const at = place(bytes, chance);
    const from = place(other, chance);
    const piece = other.subarray(from, from + 1 + chance.int(400));
    return cut(bytes, at, at + (chance.oneIn(2) ? piece.length : 0), piece);
  },
];

/** @param other another file, of which pieces may come in */
export function mutateBytes(bytes: Uint8Array, chance: Chance, other: Uint8Array): Uint8Array {
  return chance.of(damages)(bytes, chance, other);
}
