/**
 * 2D pooling of planes: of blocks of four channels in C4, or of single ones where the tensor is
 * linear. Each invocation pools `tile` neighbouring outputs of one row. With `kernel` (2 or 3, square, undilated) the taps are unrolled and a column that several
 * outputs share is loaded once; with 0 the window's size and dilation are uniforms.
 */

import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { type Pooling, poolFunctions, poolings, poolUniforms, windowTurns } from './lib/pool.ts';
import { reductionSource } from './lib/reduce.ts';

export interface Pool2dVariant {
  readonly [field: string]: string | number | boolean;
  readonly pooling: Pooling;
  readonly element: 'f32' | 'f16';
  readonly layout: 'c4' | 'linear';
  /** Taps along each axis; 0 for any. */
  readonly kernel: number;
  /** Stride along the row; 0 for any. */
  readonly stride: number;
  readonly tile: number;
}

/** Windows whose taps are unrolled. */
const unrolled = [
  { kernel: 2, stride: 2 },
  { kernel: 3, stride: 1 },
  { kernel: 3, stride: 2 },
];

/**
 * Two outputs share the columns between them. Four gain little on lavapipe (1.9 to 2.3 ms for two,
 * 3×3 stride 2 on 64×112×112), hold more registers and compile longer on SwiftShader.
 */
const unrolledTile = 2;

type Shape = Pick<Pool2dVariant, 'kernel' | 'stride' | 'tile'>;

/** A lane of a linear tensor has one value, and as much to find out about its place. */
const linearTile = 4;

/**
 * The shape fields of the variants that pool by a window, fastest first; the general one of linear
 * tensors is another kernel.
 */
export function pool2dShapes(
  kernel: readonly [number, number],
  stride: number,
  dilated: boolean,
  layout: Pool2dVariant['layout'],
): readonly Shape[] {
  const general = { kernel: 0, stride: 0, tile: 1 };
  const found = unrolled.find(
    (shape) => shape.kernel === kernel[0] && shape.kernel === kernel[1] && shape.stride === stride,
  );
  const fast = found && !dilated ? [found] : [];
  return layout === 'c4'
    ? [...fast.map((shape) => ({ ...shape, tile: unrolledTile })), general]
    : fast.map((shape) => ({ ...shape, tile: linearTile }));
}

export const pool2d = defineKernel<Pool2dVariant, typeof poolUniforms>({
  name: 'pool2d',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) =>
      poolings.flatMap((pooling) => [
        ...unrolled.flatMap((shape) => [
          { pooling, element, layout: 'c4' as const, ...shape, tile: unrolledTile },
          { pooling, element, layout: 'linear' as const, ...shape, tile: linearTile },
        ]),
        { pooling, element, layout: 'c4' as const, kernel: 0, stride: 0, tile: 1 },
      ]),
    ),
  uniforms: poolUniforms,
  bindings({ element, layout }) {
    const type = layout === 'c4' ? `array<vec4<${element}>>` : `array<${element}>`;
    return [
      { name: 'x', access: 'read', type },
      { name: 'y', access: 'read_write', type },
    ];
  },
  workgroupSize: () => [64, 1, 1],
  iterations: (_, { kernelShape }) => windowTurns(kernelShape),
  wgsl({ pooling, element, layout, kernel, stride, tile }) {
    const c4 = layout === 'c4';
    const outputs = Array.from({ length: tile }, (_, index) => index);
    return `
${reductionSource(pooling, { scalar: 'f32', lanes: c4 ? 4 : 1 })}
${flatIndex}
${c4Functions}
${poolFunctions}
fn store(plane: u32, oy: u32, ox: u32, start: vec2<i32>, state: State) {
  if (ox < u.outputSize.z) {
    let value = finish(state, ${pooling === 'mean' ? 'windowCount(vec3<i32>(0, start))' : '1u'});
    y[plane * u.outputSize.w + oy * u.outputSize.z + ox] = ${
      c4
        ? `vec4<${element}>(maskLanes(value, plane % ((u.channels + 3u) / 4u), u.channels))`
        : `${element}(value)`
    };
  }
}
// \`index\` counts tiles: along the row, down the rows, through the planes.
fn pool(index: u32) {
  let columns = (u.outputSize.z + ${tile - 1}u) / ${tile}u;
  let line = index / columns;
  let ox = index % columns * ${tile}u;
  let oy = line % u.outputSize.y;
  let plane = line / u.outputSize.y;
  let start = vec2<i32>(vec2<u32>(oy, ox) * u.strides.yz) - u.padBegin.yz;
  let ys = taps(start.x, i32(u.inputSize.y), 1u);
  let base = plane * u.inputSize.w;
${outputs.map((t) => `  var state${t} = initialState();`).join('\n')}
  for (var ky = ys.x; ky < ys.y; ky++) {
    let row = base + u32(start.x + i32(ky * u.dilations.y)) * u.inputSize.z;
    ${kernel === 0 ? generalRow : unrolledRow(kernel, stride, tile, c4 ? 'vec4<f32>' : 'f32')}
  }
${outputs
  .map(
    (t) =>
      `  store(plane, oy, ox + ${t}u, start + vec2<i32>(0, ${t} * i32(u.strides.z)), state${t});`,
  )
  .join('\n')}
}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index < u.outputs) {
    pool(index);
  }
}
`;
  },
});

const generalRow = `
    let xs = taps(start.y, i32(u.inputSize.z), 2u);
    for (var kx = xs.x; kx < xs.y; kx++) {
      let at = row + u32(start.y + i32(kx * u.dilations.z));
      state0 = combine(state0, lift(vec4<f32>(x[at])));
    }`;

/** Loads each column of the row once and gives it to every output whose window holds it. */
function unrolledRow(kernel: number, stride: number, tile: number, type: string): string {
  const columns = Array.from({ length: (tile - 1) * stride + kernel }, (_, index) => index);
  return columns
    .map((column) => {
      const takers = Array.from({ length: tile }, (_, index) => index).filter(
        (output) => column >= output * stride && column < output * stride + kernel,
      );
      return `
    {
      let ax = start.y + ${column};
      if (ax >= 0 && ax < i32(u.inputSize.z)) {
        let own = lift(${type}(x[row + u32(ax)]));
        ${takers.map((output) => `state${output} = combine(state${output}, own);`).join('\n')}
      }
    }`;
    })
    .join('');
}
