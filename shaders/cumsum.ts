/**
 * Running sums along one axis of a linear tensor seen as [outer, axis, inner]. A row is the `axis`
 * values at one (outer, inner), taken from its end where `reverse` is 1.
 *
 * Methods: `serial`, one invocation for each row; `partial` and `split`, `parts` invocations for
 * each row: the sums of as many runs of a row, then each run from the sum of those before it.
 */

import { defineKernel, type Element, flatIndex, flatMain } from './lib/kernel.ts';

export type CumSumVariant = {
  readonly element: Element;
  readonly method: 'serial' | 'partial' | 'split';
};

const uniforms = {
  rows: 'u32',
  axis: 'u32',
  inner: 'u32',
  parts: 'u32',
  reverse: 'u32',
  /** 1: a value is not part of its own sum. */
  exclusive: 'u32',
} as const;

export const cumSum = defineKernel<CumSumVariant, typeof uniforms>({
  name: 'cumsum',
  variants: () =>
    (['f32', 'f16', 'i32', 'u32'] as const).flatMap((element) =>
      (['serial', 'partial', 'split'] as const).map((method) => ({ element, method })),
    ),
  uniforms,
  bindings({ element, method }) {
    const sum = element === 'f16' ? 'f32' : element;
    const sums = { name: 'sums', type: `array<${sum}>` };
    return [
      { name: 'x', access: 'read', type: `array<${element}>` },
      ...(method === 'split' ? [{ ...sums, access: 'read' as const }] : []),
      method === 'partial'
        ? { ...sums, access: 'read_write' }
        : { name: 'y', access: 'read_write', type: `array<${element}>` },
    ];
  },
  workgroupSize: () => [64, 1, 1],
  iterations: ({ method }, { axis, parts }) =>
    Math.ceil(axis / (method === 'serial' ? 1 : parts)) + 2 + (method === 'split' ? parts : 0),
  wgsl({ element, method }) {
    const sum = element === 'f16' ? 'f32' : element;
    return `
${flatIndex}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.rows * u.parts) {
    return;
  }
  let row = index / u.parts;
  let part = index % u.parts;
  let base = row / u.inner * u.axis * u.inner + row % u.inner;
  let run = (u.axis + u.parts - 1u) / u.parts;
  let end = min((part + 1u) * run, u.axis);
  var sum = ${sum}();
  ${
    method === 'split'
      ? 'for (var before = 0u; before < part; before++) { sum += sums[row * u.parts + before]; }'
      : ''
  }
  for (var step = part * run; step < end; step++) {
    let at = base + select(step, u.axis - 1u - step, u.reverse == 1u) * u.inner;
    let value = ${sum}(x[at]);
    ${
      method === 'partial'
        ? 'sum += value;'
        : `
    let next = sum + value;
    y[at] = ${element}(select(next, sum, u.exclusive == 1u));
    sum = next;`
    }
  }
  ${method === 'partial' ? 'sums[index] = sum;' : ''}
}
`;
  },
});
