/** DeformConv on a device: one dispatch, or several over ranges of channels where loops end early. */

import { deformConv as kernel, tapTurns, tileChannels } from '../../../shaders/deform_conv.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { tensorBytes } from '../device-tensor.ts';
import { lineWorkgroups } from '../movement/candidate.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type DeformConvAttributes, deformConvGeometry, type Three } from './geometry.ts';

export function lowerDeformConv(
  io: LoweringIO,
  attributes: DeformConvAttributes,
  { limits }: DeviceCaps,
): readonly Candidate[] {
  const [x, weight, offset, bias, mask] = io.inputs;
  const [y] = io.outputs;
  if (!x || !weight || !offset || !y) return [];
  const g = deformConvGeometry(x.dims, weight.dims, y.dims, attributes);
  const { group, offsetGroups } = attributes;
  const taps = sizeOf(g.kernel);
  const outPixels = sizeOf(g.outSize);
  const count = g.batch * group * Math.ceil(g.outPerGroup / tileChannels) * outPixels;
  const four = ([z, y, x]: Three, last = 0) => [x, y, z, last] as const;
  // A tenth of the turns is left for loops of fixed length.
  const turns = (0.9 * limits.loopIterations) / taps;
  const perDispatch = Math.max(1, Math.floor(turns / tapTurns(1)));
  const ranges: (readonly [number, number])[] = [];
  for (let first = 0; first < g.inPerGroup; first += perDispatch) {
    ranges.push([first, Math.min(first + perDispatch, g.inPerGroup)]);
  }
  // Sums must not be rounded to float16 on the way.
  const half = x.element === 'f16';
  if (half && ranges.length > 1) return [];
  const dispatches = ranges.map(([firstChannel, endChannel], part) =>
    dispatch(
      kernel,
      { element: half ? 'f16' : 'f32', axes: g.axes === 3 ? 3 : 2 },
      {
        size: four(g.size, sizeOf(g.size)),
        outSize: four(g.outSize, outPixels),
        kernelShape: four(g.kernel, taps),
        strides: four(g.strides),
        dilations: four(g.dilations),
        padBegin: four(g.padBegin),
        ...{ count, offsetAxes: g.axes, group, offsetGroups, firstChannel, endChannel },
        ...{ inPerGroup: g.inPerGroup, outPerGroup: g.outPerGroup, inPerOffset: g.inPerOffset },
        hasBias: bias && part === 0 ? 1 : 0,
        hasMask: mask ? 1 : 0,
        accumulate: part > 0 ? 1 : 0,
      },
      [input(0), input(1), input(2), input(bias ? 3 : 1), input(mask ? 4 : 2), output(0)],
      lineWorkgroups(count),
    ),
  );
  return [
    {
      algorithm: 'deform_conv',
      dispatches: count === 0 ? [] : dispatches,
      scratch: [],
      packings: [],
      cost: {
        // A sample of four pixels for a tile of channels.
        macs: sizeOf(y.dims) * g.inPerGroup * taps * (1 + (3 * 2 ** g.axes) / tileChannels),
        bytes: tensorBytes(...io.inputs.filter((tensor) => tensor !== undefined), y),
        invocations: count,
        efficiency: 0.1,
        barriers: false,
      },
    },
  ];
}
