/** Lowering of pooling: the C4 kernel for images, the linear one for the rest. */

import {
  type Dispatch,
  dispatch,
  foldWorkgroups,
  input,
  output,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { Pooling } from '../../../shaders/lib/pool.ts';
import { poolLinear } from '../../../shaders/pool_linear.ts';
import { pool2dC4, pool2dShapes } from '../../../shaders/pool2d_c4.ts';
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
  const { element } = x;
  const [batch = 1, channels = 1] = x.dims;
  const { kernel, strides, dilations } = geometry;
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
    channels,
    countPadding: attributes.countIncludePad ? 1 : 0,
    identity: pooling === 'mean' ? 0 : identityBits(pooling, x.type),
    exponent: attributes.p,
    columnMajor: attributes.columnMajor ? 1 : 0,
  };
  const candidate = (
    algorithm: string,
    outputs: number,
    efficiency: number,
    pool: (outputs: number, workgroups: [number, number, number]) => Dispatch,
  ): Candidate => ({
    algorithm,
    dispatches: outputs === 0 ? [] : [pool(outputs, foldWorkgroups(Math.ceil(outputs / 64)))],
    scratch: [],
    packings: [],
    cost: {
      macs: sizeOf(y.dims) * sizeOf(kernel),
      bytes: tensorBytes(x, ...io.outputs),
      invocations: outputs,
      efficiency,
      barriers: false,
    },
  });
  if (x.layout === 'linear') {
    const results = [output(0), ...(indices ? [output(1)] : [])];
    const variant = { pooling, element, indices };
    return [
      candidate('pool_linear', sizeOf(y.dims), 0.1, (outputs, workgroups) =>
        dispatch(poolLinear, variant, { ...uniforms, outputs }, [input(0), ...results], workgroups),
      ),
    ];
  }
  if (element !== 'f32' && element !== 'f16') return [];
  const [, height, width] = geometry.output;
  const lines = batch * channelBlocks(channels) * height;
  const dilated = dilations[1] > 1 || dilations[2] > 1;
  return pool2dShapes([kernel[1], kernel[2]], strides[2], dilated).map((shape) =>
    candidate(
      shape.kernel > 0 ? 'pool_c4_unrolled' : 'pool_c4',
      lines * Math.ceil(width / shape.tile),
      shape.kernel > 0 ? 0.3 : 0.15,
      (outputs, workgroups) =>
        dispatch(
          pool2dC4,
          { pooling, element, ...shape },
          { ...uniforms, outputs },
          [input(0), output(0)],
          workgroups,
        ),
    ),
  );
}
