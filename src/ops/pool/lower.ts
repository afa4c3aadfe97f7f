/** Lowering of pooling: the C4 kernel for images, the linear one for the rest. */

import { dispatch, foldWorkgroups, input, output } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { Pooling } from '../../../shaders/lib/pool.ts';
import type { Reduction } from '../../../shaders/lib/reduce.ts';
import { poolLinear } from '../../../shaders/pool_linear.ts';
import { pool2dC4, pool2dShape } from '../../../shaders/pool2d_c4.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { identityBits, tensorBytes } from '../reduce/lower.ts';
import { type PoolAttributes, poolGeometry, type Three } from './window.ts';

/** The norm's own kernel for the common exponents. */
export function lpReduction(p: number): 'l1' | 'l2' | 'lp' {
  return p === 1 ? 'l1' : p === 2 ? 'l2' : 'lp';
}

export function lowerPool(
  io: LoweringIO,
  pooling: Pooling,
  attributes: PoolAttributes,
): Candidate[] {
  const [x] = io.inputs;
  const [y] = io.outputs;
  if (!x || !y) return [];
  const geometry = poolGeometry(x.dims, y.dims, attributes);
  const c4 = x.layout === 'c4';
  const [batch = 1, channels = 1] = x.dims;
  const planes = c4 ? batch * channelBlocks(channels) : geometry.planes;
  const { element } = x;
  const [, , width] = geometry.output;
  const { kernel, strides, dilations } = geometry;
  const dilated = dilations[1] > 1 || dilations[2] > 1;
  const shape = pool2dShape([kernel[1], kernel[2]], strides[2], dilated);
  const tiles = c4 ? Math.ceil(width / shape.tile) : width;
  const outputs = planes * geometry.output[0] * geometry.output[1] * tiles;
  const { indices } = attributes;

  const four = (values: Three, last = 0) => [...values, last] as const;
  const uniforms = {
    inputSize: four(geometry.input, sizeOf(geometry.input)),
    outputSize: four(geometry.output, sizeOf(geometry.output)),
    kernelShape: four(kernel),
    strides: four(strides),
    dilations: four(dilations),
    padBegin: four(geometry.padBegin),
    padEnd: four(geometry.padEnd),
    outputs,
    channels,
    countPadding: attributes.countIncludePad ? 1 : 0,
    identity: pooling === 'mean' ? 0 : identityBits(pooling as Reduction, x.type),
    exponent: attributes.p,
    columnMajor: attributes.columnMajor ? 1 : 0,
  };
  const workgroups = foldWorkgroups(Math.ceil(outputs / 64));
  const float = element === 'f32' || element === 'f16';
  if (c4 && !float) return [];
  const pool =
    c4 && float
      ? dispatch(
          pool2dC4,
          { pooling, element, ...shape },
          uniforms,
          [input(0), output(0)],
          workgroups,
        )
      : dispatch(
          poolLinear,
          { pooling, element, indices },
          uniforms,
          [input(0), output(0), ...(indices ? [output(1)] : [])],
          workgroups,
        );
  const lanes = c4 ? 4 : 1;
  return [
    {
      algorithm: c4 ? 'pool_c4' : 'pool_linear',
      dispatches: outputs === 0 ? [] : [pool],
      scratch: [],
      packings: [],
      cost: {
        macs: planes * sizeOf(geometry.output) * sizeOf(kernel) * lanes,
        bytes: tensorBytes(x, ...io.outputs),
        invocations: outputs,
        efficiency: c4 ? 0.25 : 0.1,
        barriers: false,
      },
    },
  ];
}
