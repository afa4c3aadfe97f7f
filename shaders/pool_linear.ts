/**
 * Pooling of linear tensors with one to three spatial axes: one invocation for each output value.
 * With `indices` the maximum's flat position in the input is a second result.
 */

import { defineKernel, type Element, flatIndex, flatMain } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { type Pooling, poolFunctions, poolings, poolUniforms, windowTurns } from './lib/pool.ts';
import { reductionSource } from './lib/reduce.ts';

export interface PoolLinearVariant {
  readonly [field: string]: string | number | boolean;
  readonly pooling: Pooling;
  readonly element: Element;
  readonly indices: boolean;
}

export const poolLinear = defineKernel<PoolLinearVariant, typeof poolUniforms>({
  name: 'pool_linear',
  variants: () => [
    ...(['f32', 'f16'] as const).flatMap((element) =>
      poolings.map((pooling) => ({ pooling, element, indices: false })),
    ),
    ...(['i32', 'u32'] as const).flatMap((element) =>
      (['max', 'min'] as const).map((pooling) => ({ pooling, element, indices: false })),
    ),
    ...(['f32', 'f16', 'i32', 'u32'] as const).map((element) => ({
      ...{ pooling: 'max' as const, element, indices: true },
    })),
  ],
  uniforms: poolUniforms,
  bindings: ({ element, indices }) => [
    { name: 'x', access: 'read', type: `array<${element}>` },
    { name: 'y', access: 'read_write', type: `array<${element}>` },
    ...(indices ? [{ name: 'places', access: 'read_write' as const, type: 'array<i32>' }] : []),
  ],
  workgroupSize: () => [64, 1, 1],
  iterations: (_, { kernelShape }) => windowTurns(kernelShape),
  wgsl({ pooling, element, indices }) {
    const scalar = element === 'f16' ? 'f32' : element;
    const greater =
      scalar === 'f32' ? '(!isNan(top) && (value > top || isNan(value)))' : 'value > top';
    const begin = indices
      ? `
  var place = -1;
  var top = ${scalar}(bitcast<${scalar}>(u.identity));`
      : 'var state = initialState();';
    // The first maximum in row-major order; the first NaN counts as the greatest.
    const step = indices
      ? `
        if (place < 0 || ${greater}) {
          top = value;
          let index = select(at, (ax * u.inputSize.y + ay) * u.inputSize.x + az, u.columnMajor != 0u);
          place = i32(plane * u.inputSize.w + index);
        }`
      : 'state = combine(state, lift(value));';
    const end = indices
      ? `
  y[output] = ${element}(top);
  places[output] = place;`
      : `y[output] = ${element}(finish(state, ${pooling === 'mean' ? 'windowCount(start)' : '1u'}));`;
    return `
${indices ? nanFunctions : reductionSource(pooling, { scalar, lanes: 1 })}
${flatIndex}
${poolFunctions}
fn pool(output: u32) {
  let plane = output / u.outputSize.w;
  let pixel = output % u.outputSize.w;
  let line = pixel / u.outputSize.z;
  let place3 = vec3<u32>(line / u.outputSize.y, line % u.outputSize.y, pixel % u.outputSize.z);
  let start = vec3<i32>(place3 * u.strides.xyz) - u.padBegin.xyz;
  let zs = taps(start.x, i32(u.inputSize.x), 0u);
  let ys = taps(start.y, i32(u.inputSize.y), 1u);
  let xs = taps(start.z, i32(u.inputSize.z), 2u);
  ${begin}
  for (var kz = zs.x; kz < zs.y; kz++) {
    let az = u32(start.x + i32(kz * u.dilations.x));
    for (var ky = ys.x; ky < ys.y; ky++) {
      let ay = u32(start.y + i32(ky * u.dilations.y));
      for (var kx = xs.x; kx < xs.y; kx++) {
        let ax = u32(start.z + i32(kx * u.dilations.z));
        let at = (az * u.inputSize.y + ay) * u.inputSize.z + ax;
        let value = ${scalar}(x[plane * u.inputSize.w + at]);
        ${step}
      }
    }
  }
  ${end}
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
