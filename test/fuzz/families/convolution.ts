/** Convolutions: 1D to 3D, groups, dilations, asymmetric pads, automatic pads. */

import { divisors, type Family, floatType, image, window } from './family.ts';

export const convolution: Family = {
  operators: ['Conv'],
  since: { Conv: 9 },
  add(op, draft, tape) {
    const x = image(draft, tape, tape.choose([2, 2, 2, 1, 3]), 'unit', floatType(tape));
    const [, channels = 1, ...spatial] = x.dims;
    const { kernel, strides, dilations, pads, autoPad } = window(tape, spatial);
    // Dense, then depthwise, then anything between.
    const group = tape.choose([1, 1, channels, tape.choose(divisors(channels))]);
    const perGroup = group === channels ? tape.int(1, 2) : tape.int(1, 5);
    const outChannels = group === 1 ? tape.choose([perGroup, 8, 17, 33]) : perGroup * group;
    const weight = draft.weight(tape, x.type, [outChannels, channels / group, ...kernel]);
    const bias = tape.rarely(2) ? draft.weight(tape, x.type, [outChannels]) : undefined;
    draft.node(op, [x, weight, bias], {
      ...{ strides, dilations, group: group === 1 ? undefined : group },
      ...(autoPad === undefined ? { pads } : { auto_pad: autoPad }),
      kernel_shape: tape.rarely(3) ? kernel : undefined,
    });
  },
};

export const transposed: Family = {
  operators: ['ConvTranspose'],
  add(op, draft, tape) {
    const x = image(draft, tape, tape.choose([2, 2, 1, 3]), 'unit', floatType(tape));
    const [, channels = 1, ...spatial] = x.dims;
    const axes = spatial.map(() => 0);
    const kernel = axes.map(() => tape.int(1, 4));
    const strides = axes.map(() => tape.int(1, 3));
    const dilations = axes.map(() => tape.choose([1, 1, 2]));
    const span = kernel.map((size, axis) => (size - 1) * (dilations[axis] as number));
    const begins = span.map((most) => tape.int(0, Math.min(most, 2)));
    const ends = span.map((most, axis) =>
      tape.int(0, Math.min(most - (begins[axis] as number), 2)),
    );
    const output_padding = axes.map((_, axis) =>
      tape.int(0, Math.max(strides[axis] as number, dilations[axis] as number) - 1),
    );
    const autoPad = tape.choose([undefined, undefined, undefined, 'SAME_UPPER', 'SAME_LOWER']);
    const group = tape.choose([1, 1, channels, tape.choose(divisors(channels))]);
    const outPerGroup = tape.int(1, 5);
    const weight = draft.weight(tape, x.type, [channels, outPerGroup, ...kernel]);
    const bias = tape.rarely(2) ? draft.weight(tape, x.type, [outPerGroup * group]) : undefined;
    draft.node(op, [x, weight, bias], {
      ...{ strides, dilations, group: group === 1 ? undefined : group },
      ...(autoPad === undefined
        ? {
            pads: [...begins, ...ends],
            output_padding: tape.rarely(2) ? output_padding : undefined,
          }
        : { auto_pad: autoPad }),
    });
  },
};
