/**
 * Col2Im: puts columns, each a block of an image, back where they were cut out, and adds up where
 * blocks overlap. https://onnx.ai/onnx/operators/onnx__Col2Im.html — opset version 18.
 */

import { columnTurns, col2im as kernel, maxColumnAxes } from '../../../shaders/col2im.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import { divideDims, integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { lanes, turnRanges } from '../movement/loops.ts';
import { defineOperator } from '../operator.ts';
import { readWindow } from '../window.ts';
import { type Col2ImAttributes, columnGeometry } from './geometry.ts';

export const col2im = defineOperator<Col2ImAttributes>({
  type: 'Col2Im',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes: (source) => {
    const { strides, dilations, pads } = readWindow(source);
    return { strides, dilations, pads };
  },
  infer([x, imageShape, blockShape], attributes, known) {
    if (!x || !imageShape || !blockShape) {
      throw new WgconvError('missing-input', 'Col2Im needs input, image_shape and block_shape');
    }
    if (!isFloat(x.type)) {
      throw new WgconvError(
        'unsupported-type',
        `Col2Im adds up floating-point tensors only, not ${x.type}`,
      );
    }
    const [batch = 1, rows = 1, columns = 1] = x.dims;
    if (x.dims.length !== 3) {
      invalidShape(
        `the input of Col2Im must be [N, C × block, columns], not ${formatDims(x.dims)}`,
      );
    }
    const image = integersAt(known, 1);
    const block = integersAt(known, 2);
    const axes = (image ?? block)?.length ?? imageShape.dims[0];
    if (typeof axes !== 'number') return unknownRank('Col2Im', 'image_shape');
    const unknown = unknownDims(`Col2Im${formatDims(x.dims)}`, axes + 1);
    if (!block)
      return [
        { type: x.type, dims: [batch, ...unknown.slice(0, 1), ...(image ?? unknown.slice(1))] },
      ];
    const channels = divideDims([rows], block);
    if (channels === undefined || block.some((size) => size < 1)) {
      return invalidShape(
        `${rows} rows of Col2Im's input are no multiple of the block ${formatDims(block)}`,
      );
    }
    if (!image) return [{ type: x.type, dims: [batch, channels, ...unknown.slice(1)] }];
    const { columns: places } = columnGeometry(image, block, attributes);
    if (typeof columns === 'number' && columns !== sizeOf(places)) {
      invalidShape(
        `Col2Im's input has ${columns} columns, but a block ${formatDims(block)} has ` +
          `${formatDims(places)} places in an image ${formatDims(image)}`,
      );
    }
    return [{ type: x.type, dims: [batch, channels, ...image] }];
  },
  accuracy: 'sum',
  traits: { hostInputs: [1, 2] },
  reference: () => import('./reference.ts').then((m) => m.col2imReference),
  lower({ inputs: [x], outputs: [y], constant }, attributes, { limits }) {
    const image = integersAt(constant, 1);
    const block = integersAt(constant, 2);
    if (!x || !y || !image || !block || image.length > maxColumnAxes) return [];
    const g = columnGeometry(image, block, attributes);
    const count = sizeOf(y.dims);
    const taps = sizeOf(block);
    const axes = image.length;
    const ranges = turnRanges(taps, columnTurns(axes), limits);
    // Sums must not be rounded to float16 on the way.
    const half = x.element === 'f16';
    if (half && ranges.length > 1) return [];
    const dispatches = ranges.map(({ first, end, accumulate }) =>
      dispatch(
        kernel,
        { element: half ? 'f16' : 'f32' },
        {
          ...{ image: lanes(image), block: lanes(block), columns: lanes(g.columns) },
          ...{ strides: lanes(g.strides), dilations: lanes(g.dilations) },
          padBegin: lanes(g.padBegin),
          ...{ count, axes, pixels: sizeOf(image), taps, columnCount: sizeOf(g.columns) },
          ...{ firstTap: first, endTap: end, accumulate },
        },
        [input(0), output(0)],
        lineWorkgroups(count),
      ),
    );
    return [
      lineCandidate('col2im', dispatches, {
        macs: count * taps,
        bytes: tensorBytes(x, y),
        invocations: count,
        efficiency: 0.05,
      }),
    ];
  },
});
