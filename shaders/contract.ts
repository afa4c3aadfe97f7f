/** Einsum in general: sums of products of one or two operands, each read by strides of its own. */

import { defineKernel, type Element } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { laneOfTwo, lineMain, lineSize } from './lib/words.ts';

/** Dimensions of the result, and dimensions that are summed, after merging. */
export const maxContractRank = 8;

type ContractVariant = {
  readonly a: Element;
  /** `none`: the elements of A themselves are summed. */
  readonly b: Element | 'none';
  readonly result: Element;
};

const floats: readonly Element[] = ['f32', 'f16'];

const variants: ContractVariant[] = [
  ...floats.flatMap((a) =>
    floats.flatMap((result) =>
      ([...floats, 'none'] as const).map((b): ContractVariant => ({ a, b, result })),
    ),
  ),
  ...(['i32', 'u32'] as const).flatMap((a) =>
    [a, 'none' as const].map((b): ContractVariant => ({ a, b, result: a })),
  ),
];

/** One invocation makes one element of the result. Dimensions and strides are innermost first. */
export const contract = defineKernel({
  name: 'contract',
  variants: () => variants,
  uniforms: {
    count: 'u32',
    rank: 'u32',
    sizesA: 'vec4u',
    sizesB: 'vec4u',
    aStridesA: 'vec4u',
    aStridesB: 'vec4u',
    bStridesA: 'vec4u',
    bStridesB: 'vec4u',
    /** The same of what is summed. */
    sumRank: 'u32',
    sumSizesA: 'vec4u',
    sumSizesB: 'vec4u',
    aSumStridesA: 'vec4u',
    aSumStridesB: 'vec4u',
    bSumStridesA: 'vec4u',
    bSumStridesB: 'vec4u',
    /** The terms of this dispatch; all but the first begin with what is there. */
    first: 'u32',
    end: 'u32',
    /** 32 less the bits of a narrow integer type. */
    wrapShift: 'u32',
  },
  bindings: ({ a, b, result }) => [
    { name: 'a', access: 'read', type: `array<${a}>` },
    ...(b === 'none' ? [] : [{ name: 'b', access: 'read', type: `array<${b}>` } as const]),
    { name: 'result', access: 'read_write', type: `array<${result}>` },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { first, end, rank, sumRank }) => (end - first) * (sumRank + 2) + rank + 2,
  wgsl: ({ a, b, result }) => {
    const type = a === 'f16' ? 'f32' : a;
    return wgsl`
${lineMain}
${laneOfTwo}
fn invocation(index: u32) {
  var rest = index;
  var aBase = 0u;
  var bBase = 0u;
  for (var axis = 0u; axis < u.rank; axis++) {
    let size = lane(u.sizesA, u.sizesB, axis);
    let at = rest % size;
    rest /= size;
    aBase += at * lane(u.aStridesA, u.aStridesB, axis);
    bBase += at * lane(u.bStridesA, u.bStridesB, axis);
  }
  var total = ${type}();
  if (u.first > 0u) {
    total = ${type}(result[index]);
  }
  for (var term = u.first; term < u.end; term++) {
    var left = term;
    var aAt = aBase;
    var bAt = bBase;
    for (var axis = 0u; axis < u.sumRank; axis++) {
      let size = lane(u.sumSizesA, u.sumSizesB, axis);
      let at = left % size;
      left /= size;
      aAt += at * lane(u.aSumStridesA, u.aSumStridesB, axis);
      bAt += at * lane(u.bSumStridesA, u.bSumStridesB, axis);
    }
#if ${b === 'none'}
    total += ${type}(a[aAt]);
#else
    total += ${type}(a[aAt]) * ${type}(b[bAt]);
#endif
  }
#if ${type === 'f32'}
  result[index] = ${result}(total);
#else
  result[index] = (total << u.wrapShift) >> u.wrapShift;
#endif
}
`;
  },
});
