/**
 * Matrix products with one to four rows (fully connected layers of one image): every weight is
 * read once, so the reads decide. A workgroup computes `groups` × 4 columns; `slices` invocations
 * share the depth of each and then add their parts up in a fixed tree.
 */

import { fusableActivations } from './lib/activations.ts';
import { defineKernel } from './lib/kernel.ts';
import {
  type MatrixLoads,
  matrixBindings,
  matrixSource,
  matrixUniforms,
  range,
} from './lib/matrix.ts';

/**
 * Invocations of a workgroup along columns (in fours) and along the depth: neighbours read
 * neighbouring memory, along K for `nt` and along N for `nn`.
 */
export const matvecShape: Readonly<Record<MatrixLoads, readonly [number, number]>> = {
  nn: [8, 16],
  nt: [1, 64],
  scalar: [4, 16],
};

export const matvecRows = [1, 2, 4] as const;

export type MatvecVariant = {
  readonly element: 'f32' | 'f16';
  readonly loads: MatrixLoads;
  readonly rows: (typeof matvecRows)[number];
  readonly activation: string;
};

export const matvec = defineKernel<MatvecVariant, typeof matrixUniforms>({
  name: 'matvec',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) =>
      (['nn', 'nt', 'scalar'] as const).flatMap((loads) =>
        matvecRows.flatMap((rows) =>
          fusableActivations.map((activation) => ({ element, loads, rows, activation })),
        ),
      ),
    ),
  uniforms: matrixUniforms,
  bindings: ({ element, loads }) =>
    matrixBindings(element, { a: loads === 'nt', b: loads !== 'scalar', result: false }),
  workgroupSize: ({ loads }) => [...matvecShape[loads], 1],
  workgroupBytes: ({ loads, rows }) => matvecShape[loads][0] * matvecShape[loads][1] * rows * 16,
  iterations: ({ loads }, { depth }) =>
    depth / matvecShape[loads][1] / (loads === 'nt' ? 4 : 1) + 8,
  wgsl({ element, loads, rows, activation }) {
    const [groups, slices] = matvecShape[loads];
    const each = (line: (row: number) => string): string => range(rows).map(line).join('\n');
    const lanes = (line: (lane: number) => string): string => range(4).map(line).join(', ');
    const columns = range(4)
      .map((n) => `let column${n} = bBase + min(column + ${n}u, u.columns - 1u) * u.bColumn;`)
      .join('\n');
    const loop = {
      nn: `
  let group = bBase / 4u + min(column, u.columns - 4u) / 4u;
  for (var k = local.y; k < u.depth; k += ${slices}u) {
    let weight = Vector(b[group + k * (u.bDepth / 4u)]);
    ${each((i) => `sum${i} += Scalar(a[row${i} + k * u.aDepth]) * weight;`)}
  }`,
      nt: `
  ${columns}
  for (var k = local.y; k < u.depth / 4u; k += ${slices}u) {
    ${range(4)
      .map((n) => `let weight${n} = Vector(b[column${n} / 4u + k]);`)
      .join('\n')}
    ${each((i) => `{ let x = Vector(a[row${i} / 4u + k]); sum${i} += Vector(${lanes((n) => `dot(x, weight${n})`)}); }`)}
  }`,
      scalar: `
  ${columns}
  for (var k = local.y; k < u.depth; k += ${slices}u) {
    let at = k * u.bDepth;
    let weight = Vector(${lanes((n) => `Scalar(b[column${n} + at])`)});
    ${each((i) => `sum${i} += Scalar(a[row${i} + k * u.aDepth]) * weight;`)}
  }`,
    }[loads];
    return `
${matrixSource(element, activation, false)}
var<workgroup> parts: array<Vector, ${groups * slices * rows}>;
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let tile = flatWorkgroup(workgroup, counts);
  let column = ((tile % u.columnTiles) * workgroupX + local.x) * 4u;
  let batch = tile / u.columnTiles;
  if (batch >= u.batches) {
    return;
  }
  let aBase = batchOffset(batch, u.aBatch);
  let bBase = batchOffset(batch, u.bBatch);
  ${each((i) => `let row${i} = aBase + min(${i}u, u.rows - 1u) * u.aRow;`)}
  ${each((i) => `var sum${i} = Vector();`)}
${loop}
  let part = (local.y * workgroupX + local.x) * ${rows}u;
  ${each((i) => `parts[part + ${i}u] = sum${i};`)}
  workgroupBarrier();
  for (var half = ${slices / 2}u; half > 0u; half /= 2u) {
    if (local.y < half) {
      let other = part + half * ${groups * rows}u;
      ${each((i) => `parts[part + ${i}u] += parts[other + ${i}u];`)}
    }
    workgroupBarrier();
  }
  if (local.y == 0u) {
    ${each((i) => `finish(batch, ${i}u, column, parts[part + ${i}u]);`)}
  }
}
`;
  },
});
