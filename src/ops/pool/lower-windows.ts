/** Pooling by windows: the kernel of planes for images, the linear one for any axes and types. */

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
import { pool2d, pool2dShapes } from '../../../shaders/pool2d.ts';
import { sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { identityBits } from '../reduce/lower.ts';
import type { Three } from '../window.ts';
import { type PoolAttributes, poolGeometry } from './window.ts';

export function lowerWindows(
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
  const indices = io.outputs.length > 1;

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
  const [, height, width] = geometry.output;
  const planes = batch * (x.layout === 'c4' ? channelBlocks(channels) : channels);
  const dilated = dilations[1] > 1 || dilations[2] > 1;
  const depths = [geometry.input[0], geometry.output[0], kernel[0], 1 + geometry.padBegin[0]];
  const flat = depths.every((depth) => depth === 1) && !indices;
  const shapes =
    (element === 'f32' || element === 'f16') && flat
      ? pool2dShapes([kernel[1], kernel[2]], strides[2], dilated, x.layout)
      : [];
  const candidates = shapes.map((shape) =>
    candidate(
      `pool_${x.layout}${shape.kernel > 0 ? '_unrolled' : ''}`,
      planes * height * Math.ceil(width / shape.tile),
      shape.kernel > 0 ? 0.3 : 0.15,
      (outputs, workgroups) =>
        dispatch(
          pool2d,
          { pooling, element: element === 'f16' ? 'f16' : 'f32', layout: x.layout, ...shape },
          { ...uniforms, outputs },
          [input(0), output(0)],
          workgroups,
        ),
    ),
  );
  if (x.layout === 'c4') return candidates;
  const results = [output(0), ...(indices ? [output(1)] : [])];
  const variant = { pooling, element, indices };
  candidates.push(
    candidate('pool_linear', sizeOf(y.dims), 0.1, (outputs, workgroups) =>
      dispatch(poolLinear, variant, { ...uniforms, outputs }, [input(0), ...results], workgroups),
    ),
  );
  return candidates;
}
