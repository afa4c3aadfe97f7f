/** ScatterElements, ScatterND and OneHot: updates written into, or reduced with, what is there. */

import { binaryFunctions } from './lib/binary.ts';
import { frameFunctions, frameUniforms } from './lib/indexed.ts';
import { defineKernel, type Element } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineSize } from './lib/words.ts';

export type ScatterReduction = 'none' | 'add' | 'mul' | 'max' | 'min';

type ScatterVariant = {
  readonly reduction: ScatterReduction;
  readonly updates: Element;
  readonly result: Element;
};

const all: readonly Element[] = ['f32', 'f16', 'i32', 'u32'];

const variants: ScatterVariant[] = [
  // Words, whatever they mean.
  { reduction: 'none', updates: 'u32', result: 'u32' },
  { reduction: 'none', updates: 'f16', result: 'f16' },
  ...(['add', 'mul', 'max', 'min'] as const).flatMap((reduction) =>
    all.map((updates): ScatterVariant => {
      // Sums and products of f16 are kept in f32.
      const wide = updates === 'f16' && (reduction === 'add' || reduction === 'mul');
      return { reduction, updates, result: wide ? 'f32' : updates };
    }),
  ),
];

/**
 * One invocation takes every update that can reach its own slice of the result, in their order: so
 * duplicate indices need no atomics, and the last one wins where nothing is reduced. An update whose
 * index is out of range is left out.
 */
export const scatter = defineKernel({
  name: 'scatter',
  variants: () => variants,
  uniforms: {
    ...frameUniforms,
    updateStridesA: 'vec4u',
    updateStridesB: 'vec4u',
    /** Updates that an invocation takes, from `first` on, and what one adds to both positions. */
    first: 'u32',
    turns: 'u32',
    tupleStep: 'u32',
    updateStep: 'u32',
    /** 32 less the bits of a narrow integer type. */
    wrapShift: 'u32',
  },
  bindings: ({ updates, result }) => [
    { name: 'updates', access: 'read', type: `array<${updates}>` },
    { name: 'result', access: 'read_write', type: `array<${result}>` },
    { name: 'indices', access: 'read', type: 'array<i32>' },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { turns, depth, rank }) => scatterTurns(turns, depth, rank),
  wgsl: ({ reduction, updates, result }) => {
    const type = result === 'f16' ? 'f32' : result;
    const row = binaryFunctions.get(reduction);
    return wgsl`
${frameFunctions}
${type === 'f32' && reduction !== 'none' ? nanFunctions : ''}
#if ${row !== undefined}
fn reduceTwo(a: vec4<${type}>, b: vec4<${type}>) -> ${result} {
  let y = (${row?.[type] ?? 'a'}).x;
  return ${type === 'f32' ? `${result}(y)` : '(y << u.wrapShift) >> u.wrapShift'};
}
#endif
fn invocation(index: u32) {
  var rest = index;
  var tuple = u.first * u.tupleStep;
  var base = 0u;
  var taken = u.first * u.updateStep;
  for (var axis = 0u; axis < u.rank; axis++) {
    let size = lane(u.sizesA, u.sizesB, axis);
    let at = rest % size;
    rest /= size;
    tuple += at * lane(u.tupleStridesA, u.tupleStridesB, axis);
    base += at * lane(u.fixedStridesA, u.fixedStridesB, axis);
    taken += at * lane(u.updateStridesA, u.updateStridesB, axis);
  }
  for (var turn = 0u; turn < u.turns; turn++) {
    let place = locate(tuple, base);
    if (place.inside) {
#if ${row !== undefined}
      result[place.address] = reduceTwo(
        vec4<${type}>(${type}(result[place.address])),
        vec4<${type}>(${type}(updates[taken])),
      );
#else
      result[place.address] = ${updates}(updates[taken]);
#endif
    }
    tuple += u.tupleStep;
    taken += u.updateStep;
  }
}
`;
  },
});

/** Turns of one invocation's loops, see `Kernel.iterations`. */
export function scatterTurns(turns: number, depth: number, rank: number): number {
  return turns * (depth + 2) + rank + 2;
}
