/**
 * The kernel of Chrome's experimental subgroup matrices. No adapter of the tests has them, so here
 * plain loops stand for what a subgroup does together: the tile's loads, strides and stores are the
 * kernel's own. Its real text is validated with all others, in `shaders.test.ts`.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { convSubgroupMatrix } from '../../shaders/conv_subgroup_matrix.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers } from '../support/random.ts';

const context = await hardwareContext({}, { subgroupMatrix: ['f32', 'f16'], subgroupSize: 32 });
const { wgsl, features } = convSubgroupMatrix;

/** Factors are where they lie in workgroup memory; a lane has two elements of a result. */
function emulate(source: string): string {
  const text = source
    .replace(/subgroup_matrix_result<\w+, 8, 8>/g, 'vec2<f32>')
    .replace(
      /subgroupMatrixLoad<subgroup_matrix_left<\w+, 8, 8>, row_major>\(&channelTile, /g,
      'vec2<u32>(',
    )
    .replace(
      /subgroupMatrixLoad<subgroup_matrix_right<\w+, 8, 8>, row_major>\(&patchTile, /g,
      'vec2<u32>(',
    )
    .replace(/subgroupMatrixMultiplyAccumulate/g, 'multiplied')
    .replace(/subgroupMatrixStore<row_major>\(&sumTile, /g, 'store(')
    .replace('let flat =', 'lane = local;\n  let flat =');
  return `${text}
var<private> lane: u32;
fn multiplied(a: vec2<u32>, b: vec2<u32>, sum: vec2<f32>) -> vec2<f32> {
  let row = a.x + lane / 4u * a.y;
  let column = b.x + lane % 4u * 2u;
  var result = sum;
  // Eight turns; a bound that compilers cannot see keeps them from unrolling a hundred copies.
  for (var k = 0u; k < min(8u, u.kBlocks * 8u); k++) {
    let at = column + k * b.y;
    result += f32(channelTile[row + k]) * vec2<f32>(f32(patchTile[at]), f32(patchTile[at + 1u]));
  }
  return result;
}
fn store(offset: u32, matrix: vec2<f32>, stride: u32) {
  let at = offset + lane / 4u * stride + lane % 4u * 2u;
  sumTile[at] = matrix.x;
  sumTile[at + 1u] = matrix.y;
}`;
}

beforeAll(() => {
  type Variant = Parameters<typeof wgsl>[0];
  Object.assign(convSubgroupMatrix, {
    wgsl: (variant: Variant) => emulate(wgsl(variant)),
    features: () => [],
  });
});

afterAll(() => {
  Object.assign(convSubgroupMatrix, { wgsl, features });
  context.dispose();
});

test.each([
  { x: [2, 5, 7, 6], w: [37, 5, 3, 3], attributes: { pads: [1, 0, 1, 2] } },
  { x: [1, 35, 5, 8], w: [9, 35, 1, 1], attributes: {} },
  { x: [1, 3, 9, 9], w: [33, 3, 3, 2], attributes: { strides: [2, 1], dilations: [1, 2] } },
])('convolution of $x by $w', async ({ x, w, attributes }) => {
  const runs = await checkOperator(context, {
    op: 'Conv',
    attributes,
    inputs: [integers(x, 1), integers(w, 2), integers(w.slice(0, 1), 3)],
    constants: [1, 2],
    activation: { op: 'Relu' },
    exact: true,
    only: /^conv_subgroup_matrix$/,
  });
  expect(runs.length).toBeGreaterThan(0);
});
