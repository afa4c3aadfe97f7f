/**
 * Matrix products with one to four rows (fully connected layers of one image): every weight is
 * read once, so the reads decide.
 *
 * Three forms. `slices`: a workgroup computes few columns, its invocations share the depth of each
 * and then add their parts up in a fixed tree through workgroup memory. `subgroups`: four columns,
 * added up across subgroups. `columns`: an invocation
 * computes eight columns alone; no barrier, for software adapters.
 */

import { defineKernel } from './lib/kernel.ts';
import {
  type MatrixLoads,
  matrixBindings,
  matrixEnds,
  matrixSource,
  matrixUniforms,
  outside,
  productRange,
  range,
} from './lib/matrix.ts';
import { subgroupReduction } from './lib/subgroups.ts';

export type MatvecForm = 'slices' | 'subgroups' | 'columns';

/** Only where weights lie along K has a workgroup no more than four columns, as subgroups need. */
export function matvecForms(loads: MatrixLoads): readonly MatvecForm[] {
  return loads === 'nt' ? ['subgroups', 'slices', 'columns'] : ['slices', 'columns'];
}

interface MatvecShape {
  /** Invocations of a workgroup along the columns and along the depth. */
  readonly threads: readonly [number, number];
  /** Groups of four columns of one invocation. */
  readonly groups: number;
}

/** Neighbours read neighbouring memory: along K for `nt`, along N for `nn`. */
export function matvecShape(form: MatvecForm, loads: MatrixLoads): MatvecShape {
  if (form === 'columns') return { threads: [16, 1], groups: 2 };
  return {
    threads: { nn: [8, 16], nt: [1, 64], scalar: [4, 16] }[loads] as [number, number],
    groups: 1,
  };
}

/** A is read as vec4; else element by element, with any strides. */
function readsAVectors(form: MatvecForm, loads: MatrixLoads): boolean {
  return loads === 'nt' || (loads === 'nn' && form === 'columns');
}

export const matvecRows = [1, 2, 4] as const;

export type MatvecVariant = {
  readonly element: 'f32' | 'f16';
  readonly loads: MatrixLoads;
  readonly form: MatvecForm;
  readonly rows: (typeof matvecRows)[number];
  readonly activation: string;
  /** Sums of one slice of K go to a buffer of their own; `gemm_sum` ends the product. */
  readonly split: boolean;
};

export const matvec = defineKernel<MatvecVariant, typeof matrixUniforms>({
  name: 'matvec',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) =>
      (['nn', 'nt', 'scalar'] as const).flatMap((loads) =>
        matvecForms(loads).flatMap((form) =>
          matvecRows.flatMap((rows) =>
            matrixEnds.map((end) => ({ element, loads, form, rows, ...end })),
          ),
        ),
      ),
    ),
  uniforms: matrixUniforms,
  bindings: ({ element, loads, form, split }) =>
    matrixBindings(
      element,
      { a: readsAVectors(form, loads), b: loads !== 'scalar', result: false },
      split,
    ),
  workgroupSize: ({ form, loads }) => [...matvecShape(form, loads).threads, 1],
  workgroupBytes({ form, loads, rows }) {
    const [columns, slices] = matvecShape(form, loads).threads;
    return slices > 1 ? columns * slices * rows * 16 : 0;
  },
  features: ({ form }) => (form === 'subgroups' ? ['subgroups'] : []),
  iterations({ form, loads, split }, sizes) {
    const depth = split ? sizes.sliceDepth : sizes.depth;
    return depth / matvecShape(form, loads).threads[1] / (readsAVectors(form, loads) ? 4 : 1) + 8;
  },
  wgsl({ element, loads, form, rows, activation, split }) {
    const { threads, groups } = matvecShape(form, loads);
    const [columnThreads, slices] = threads;
    const each = (line: (row: number, group: number) => string): string =>
      range(rows)
        .flatMap((row) => range(groups).map((group) => line(row, group)))
        .join('\n');
    const lines = (count: number, line: (index: number) => string): string =>
      range(count).map(line).join('\n');
    const lanes = (line: (lane: number) => string): string => range(4).map(line).join(', ');
    const columns = lines(
      4 * groups,
      (n) => `let column${n} = bBase + min(column + ${n}u, u.columns - 1u) * u.bColumn;`,
    );
    const firstGroups = lines(
      groups,
      (j) => `let group${j} = bBase / 4u + min(column + ${4 * j}u, u.columns - 4u) / 4u;`,
    );
    const loop = {
      // Four of K at a time, A as vec4: an invocation has all of the depth.
      alone: `
  ${firstGroups}
  var at = 0u;
  for (var k = 0u; k < depth / 4u; k++) {
    ${lines(rows, (i) => `let x${i} = Vector(a[row${i} / 4u + k]);`)}
    ${[...'xyzw']
      .map(
        (lane) => `{
      ${lines(groups, (j) => `let weight${j} = Vector(b[group${j} + at]);`)}
      ${each((i, j) => `sum${i}_${j} += x${i}.${lane} * weight${j};`)}
      at += u.bDepth / 4u;
    }`,
      )
      .join('\n')}
  }`,
      nn: `
  ${firstGroups}
  for (var k = local.y; k < depth; k += ${slices}u) {
    let at = k * (u.bDepth / 4u);
    ${lines(groups, (j) => `let weight${j} = Vector(b[group${j} + at]);`)}
    ${lines(rows, (i) => `let x${i} = Scalar(a[row${i} + k * u.aDepth]);`)}
    ${each((i, j) => `sum${i}_${j} += x${i} * weight${j};`)}
  }`,
      nt: `
  ${columns}
  for (var k = local.y; k < depth / 4u; k += ${slices}u) {
    ${lines(4 * groups, (n) => `let weight${n} = Vector(b[column${n} / 4u + k]);`)}
    ${lines(rows, (i) => `let x${i} = Vector(a[row${i} / 4u + k]);`)}
    ${each((i, j) => `sum${i}_${j} += Vector(${lanes((n) => `dot(x${i}, weight${4 * j + n})`)});`)}
  }`,
      scalar: `
  ${columns}
  for (var k = local.y; k < depth; k += ${slices}u) {
    let at = k * u.bDepth;
    ${lines(groups, (j) => `let weight${j} = Vector(${lanes((n) => `Scalar(b[column${4 * j + n} + at])`)});`)}
    ${lines(rows, (i) => `let x${i} = Scalar(a[row${i} + k * u.aDepth]);`)}
    ${each((i, j) => `sum${i}_${j} += x${i} * weight${j};`)}
  }`,
    }[slices === 1 && loads === 'nn' ? 'alone' : loads];
    const alone = each((i, j) => `finish(batch, ${i}u, column + ${4 * j}u, sum${i}_${j});`);
    const across = `
  let total = reduceWorkgroup(local.y, State(${range(rows).map((i) => `sum${i}_0`)}));
  if (local.y == 0u) {
    ${each((i) => `finish(batch, ${i}u, column, total[${i}]);`)}
  }`;
    const state = `
alias State = array<Vector, ${rows}>;
fn initialState() -> State { return State(); }
fn combine(a: State, b: State) -> State {
  return State(${range(rows).map((i) => `a[${i}] + b[${i}]`)});
}
fn combineSubgroup(s: State) -> State {
  return State(${range(rows).map((i) => `subgroupAdd(s[${i}])`)});
}
${subgroupReduction}`;
    const shared = `
  let part = (local.y * workgroupX + local.x) * ${rows}u;
  ${each((i) => `parts[part + ${i}u] = sum${i}_0;`)}
  workgroupBarrier();
  for (var half = ${slices / 2}u; half > 0u; half /= 2u) {
    if (local.y < half) {
      let other = part + half * ${columnThreads * rows}u;
      ${each((i) => `parts[part + ${i}u] += parts[other + ${i}u];`)}
    }
    workgroupBarrier();
  }
  if (local.y == 0u) {
    ${each((i) => `finish(batch, ${i}u, column, parts[part + ${i}u]);`)}
  }`;
    return `
${matrixSource({ element, activation, split, vectorStore: false })}
${form === 'subgroups' ? state : ''}
${form === 'slices' ? `var<workgroup> parts: array<Vector, ${columnThreads * slices * rows}>;` : ''}
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let tile = flatWorkgroup(workgroup, counts);
  let column = ((tile % u.columnTiles) * workgroupX + local.x) * ${4 * groups}u;
  let product = tile / u.columnTiles;
  ${productRange(split)}
  if (${outside(split)}) {
    return;
  }
  ${lines(rows, (i) => `let row${i} = aBase + min(${i}u, u.rows - 1u) * u.aRow;`)}
  ${each((i, j) => `var sum${i}_${j} = Vector();`)}
${loop}
${{ slices: shared, subgroups: across, columns: alone }[form]}
}
`;
  },
});
