/**
 * Movement kernels do not read what they move: they copy words, so that one kernel serves every
 * type of that size, bit by bit. Here are the words, and the frame that such kernels share.
 */

import { flatIndex, flatMain, foldWorkgroups } from './kernel.ts';

/** What one invocation moves. f16 is the only word of 16 bits that WGSL can address. */
export type Word = 'f16' | 'u32' | 'vec2u' | 'vec4u';

export const words: readonly Word[] = ['f16', 'u32', 'vec2u', 'vec4u'];

const facts = {
  f16: { bytes: 2, type: 'f16' },
  u32: { bytes: 4, type: 'u32' },
  vec2u: { bytes: 8, type: 'vec2<u32>' },
  vec4u: { bytes: 16, type: 'vec4<u32>' },
} as const;

export function wordBytes(word: Word): number {
  return facts[word].bytes;
}

/** WGSL's name of the word. */
export function wordType(word: Word): string {
  return facts[word].type;
}

/** The word of that many bytes. */
export function wordOf(bytes: number): Word {
  return words.find((word) => facts[word].bytes === bytes) ?? 'vec4u';
}

/** Bindings `source` and `result` as arrays of the word. */
export function copyBindings(word: Word) {
  const type = `array<${wordType(word)}>`;
  return [
    { name: 'source', access: 'read', type },
    { name: 'result', access: 'read_write', type },
  ] as const;
}

/** Invocations of every kernel that gives each word (or block) its own. */
export const lineSize = [64, 1, 1] as const;

/** Workgroups of a kernel that runs `count` invocations in a line. */
export function lineWorkgroups(count: number): [number, number, number] {
  return foldWorkgroups(Math.ceil(count / lineSize[0]));
}

/** WGSL `main`: calls `invocation(index)`, which the kernel defines, for every index below `u.count`. */
export const lineMain = `
${flatIndex}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index < u.count) {
    invocation(index);
  }
}
`;

/** WGSL `lane(first, second, axis)`: what a pair of vec4 holds for one of eight axes. */
export const laneOfTwo = `
fn lane(first: vec4<u32>, second: vec4<u32>, axis: u32) -> u32 {
  return select(second[axis & 3u], first[axis & 3u], axis < 4u);
}
`;
