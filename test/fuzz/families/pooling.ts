/** Pooling over windows and over whole planes. */

import { type Family, floatType, image, window } from './family.ts';

export const pooling: Family = {
  operators: ['MaxPool', 'AveragePool', 'LpPool'],
  add(op, draft, tape) {
    const x = image(draft, tape, tape.choose([2, 2, 2, 1, 3]), 'unit', floatType(tape));
    const { kernel, strides, dilations, pads, autoPad } = window(tape, x.dims.slice(2));
    const dilated = op === 'MaxPool' || draft.opset >= (op === 'LpPool' ? 18 : 19);
    const ceiled = op !== 'LpPool' || draft.opset >= 18;
    const wantsIndices = op === 'MaxPool' && tape.rarely(4);
    draft.node(
      op,
      [x],
      {
        ...{ kernel_shape: kernel, strides, dilations: dilated ? dilations : undefined },
        ...(autoPad === undefined ? { pads } : { auto_pad: autoPad }),
        ceil_mode: ceiled && autoPad === undefined && tape.rarely(3) ? 1 : undefined,
        count_include_pad: op === 'AveragePool' && tape.rarely(2) ? 1 : undefined,
        p: op === 'LpPool' ? tape.choose([2, 1, 3]) : undefined,
        storage_order: wantsIndices && tape.rarely(2) ? 1 : undefined,
      },
      wantsIndices ? 2 : 1,
    );
  },
};

export const globalPooling: Family = {
  operators: ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'],
  since: { GlobalAveragePool: 9, GlobalMaxPool: 9 },
  add(op, draft, tape) {
    const x = image(draft, tape, tape.choose([2, 1, 3]), 'unit', floatType(tape));
    draft.node(op, [x], { p: op === 'GlobalLpPool' ? tape.choose([2, 1, 3]) : undefined });
  },
};
