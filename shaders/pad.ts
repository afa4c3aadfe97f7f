/** Pad in its four modes, on words. Cropping (negative pads) is in the strides' base. */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineMain, lineSize, type Word, words, wordType } from './lib/words.ts';
import { runsPerInvocation } from './strided_copy.ts';

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

/** The constant as an element; Naga (Firefox, Deno) has no bitcast between u32 and two halves. */
const constant = (word: Word): string =>
  word === 'f16' ? 'f16(unpack2x16float(u.value).x)' : `${wordType(word)}(u.value)`;

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
 * One invocation makes up to `runsPerInvocation` words of one innermost row of the result, which is
 * dense, `rowInvocations` apart (see `strided_copy`). Dimensions are innermost first,
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
    /** Invocations: rows × rowInvocations. */
    count: 'u32',
    rowInvocations: 'u32',
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
  var row = index / u.rowInvocations;
  let first = index % u.rowInvocations;
  let to = row * u.resultA.x;
  var at = i32(u.base);
${Array.from({ length: rank - 1 }, (_, axis) => outerDimension(axis + 1, axis + 2 === rank)).join('')}
  let rowInside = inside;
  for (var run = 0u; run < ${runsPerInvocation}u; run++) {
    let inner = first + run * u.rowInvocations;
    if (inner < u.resultA.x) {
      inside = rowInside;
      let origin = at + sourceAt(i32(inner) - u.beginA.x, u.sizesA.x) * u.stridesA.x;
      var value = ${constant(word)};
      if (inside) {
        value = source[origin];
      }
      result[to + inner] = value;
    }
  }
}
`,
});

function outerDimension(axis: number, last: boolean): string {
  const field = `${axis < 4 ? 'A' : 'B'}.${'xyzw'[axis % 4]}`;
  const coordinate = last ? 'row' : `row % u.result${field}`;
  return `
  at += sourceAt(i32(${coordinate}) - u.begin${field}, u.sizes${field}) * u.strides${field};
${last ? '' : `  row /= u.result${field};`}`;
}
