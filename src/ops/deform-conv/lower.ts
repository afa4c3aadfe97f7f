/** DeformConv on a device: one dispatch, or several over ranges of channels where loops end early. */

import { deformConv as kernel, tapTurns, tileChannels } from '../../../shaders/deform_conv.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { tensorBytes } from '../device-tensor.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { lanes, turnRanges } from '../movement/loops.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type DeformConvAttributes, deformConvGeometry } from './geometry.ts';

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
  const ranges = turnRanges(g.inPerGroup, taps * tapTurns(1), limits);
  // Sums must not be rounded to float16 on the way.
  const half = x.element === 'f16';
  if (half && ranges.length > 1) return [];
  const dispatches = ranges.map(({ first, end, accumulate }) =>
    dispatch(
      kernel,
      { element: half ? 'f16' : 'f32', axes: g.axes === 3 ? 3 : 2 },
      {
        size: lanes(g.size, 0, sizeOf(g.size)),
        outSize: lanes(g.outSize, 0, outPixels),
        kernelShape: lanes(g.kernel, 0, taps),
        strides: lanes(g.strides, 0),
        dilations: lanes(g.dilations, 0),
        padBegin: lanes(g.padBegin, 0),
        ...{ count, offsetAxes: g.axes, group, offsetGroups, firstChannel: first, endChannel: end },
        ...{ inPerGroup: g.inPerGroup, outPerGroup: g.outPerGroup, inPerOffset: g.inPerOffset },
        hasBias: bias && accumulate === 0 ? 1 : 0,
        hasMask: mask ? 1 : 0,
        accumulate,
      },
      [input(0), input(1), input(2), input(bias ? 3 : 1), input(mask ? 4 : 2), output(0)],
      lineWorkgroups(count),
    ),
  );
  return [
    lineCandidate('deform_conv', dispatches, {
      // A sample of four pixels for a tile of channels.
      macs: sizeOf(y.dims) * g.inPerGroup * taps * (1 + (3 * 2 ** g.axes) / tileChannels),
      bytes: tensorBytes(...io.inputs.filter((tensor) => tensor !== undefined), y),
      invocations: count,
      efficiency: 0.1,
    }),
  ];
}
