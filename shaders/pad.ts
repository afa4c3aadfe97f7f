/** Pad in its four modes, on words. Cropping (negative pads) is in the strides' base. */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineMain, lineSize, type Word, words, wordType } from './lib/words.ts';

export type PadMode = 'constant' | 'edge' | 'reflect' | 'wrap';

export const padModes: readonly PadMode[] = ['constant', 'edge', 'reflect', 'wrap'];

/** Dimensions (after merging those that are not padded) at most. */
export const maxPadRank = 6;

type PadVariant = { readonly word: Word; readonly mode: PadMode; readonly rank: number };

const variants: PadVariant[] = words.flatMap((word) =>
  padModes.flatMap((mode) =>
    Array.from({ length: maxPadRank }, (_, index): PadVariant => ({ word, mode, rank: index + 1 })),
  ),
);

/** Source coordinate `at` (may be anything on entry) within `[0, size)`. */
const modeSource: Readonly<Record<PadMode, string>> = {
  constant: 'inside = inside && at >= 0 && at < size; return at;',
  edge: 'return clamp(at, 0, size - 1);',
  // Mirrored about the first and the last element, again and again: a period of 2·(size − 1).
  reflect: `
  let period = max(2 * (size - 1), 1);
  let wrapped = ((at % period) + period) % period;
  return min(wrapped, period - wrapped);`,
  wrap: 'return ((at % size) + size) % size;',
};

/**
 * One invocation makes one word of the result, which is dense. Dimensions are innermost first,
 * the first four in `…A`, the rest in `…B`.
 */
export const pad = defineKernel({
  name: 'pad',
  variants: () => variants,
  uniforms: {
    /** Sizes of the result. */
    resultA: 'vec4u',
    resultB: 'vec4u',
    /** Sizes of the source after cropping. */
    sizesA: 'vec4i',
    sizesB: 'vec4i',
    /** Elements in front of the source's first one. */
    beginA: 'vec4i',
    beginB: 'vec4i',
    /** Strides of the source in words. */
    stridesA: 'vec4i',
    stridesB: 'vec4i',
    count: 'u32',
    /** Address of the first source element that cropping leaves. */
    base: 'u32',
    /** The constant's bits, for f16 twice. */
    value: 'u32',
  },
  bindings: ({ word }) => copyBindings(word),
  workgroupSize: () => lineSize,
  wgsl: ({ word, mode, rank }) => wgsl`
${lineMain}
var<private> inside: bool = true;
fn sourceAt(at: i32, size: i32) -> i32 {
  ${modeSource[mode]}
}
fn invocation(index: u32) {
  var rest = index;
  var at = i32(u.base);
${Array.from({ length: rank }, (_, axis) => dimension(axis, axis === rank - 1)).join('')}
  var value = ${word === 'f16' ? 'bitcast<vec2<f16>>(u.value).x' : `${wordType(word)}(u.value)`};
  if (inside) {
    value = source[at];
  }
  result[index] = value;
}
`,
});

function dimension(axis: number, last: boolean): string {
  const field = `${axis < 4 ? 'A' : 'B'}.${'xyzw'[axis % 4]}`;
  const coordinate = last ? 'rest' : `rest % u.result${field}`;
  return `
  at += sourceAt(i32(${coordinate}) - u.begin${field}, u.sizes${field}) * u.strides${field};
${last ? '' : `  rest /= u.result${field};`}`;
}
