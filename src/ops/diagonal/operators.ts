/**
 * Trilu and EyeLike: https://onnx.ai/onnx/operators/onnx__Trilu.html
 *
 * EyeLike needs only the type and the dims of its input: it is a constant as soon as those are known.
 */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups, wordOf } from '../../../shaders/lib/words.ts';
import { triangle } from '../../../shaders/triangle.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import { integersAt, invalidShape } from '../dims.ts';
import { movement } from '../movement/candidate.ts';
import { elementTypeOfNumber } from '../onnx-types.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import type { EyeLikeAttributes, TriluAttributes } from './attributes.ts';

/** No matrix is that wide: beyond it a diagonal is outside, on the one side or the other. */
const farthest = 2 ** 31 - 1;

const trilu = defineOperator<TriluAttributes>({
  type: 'Trilu',
  arity: { inputs: [1, 2], outputs: [1, 1] },
  attributes: (source) => ({ upper: source.int('upper', 1) !== 0 }),
  infer([x]) {
    if (!x) throw new WgconvError('missing-input', 'Trilu needs an input');
    if (x.dims.length < 2) invalidShape(`Trilu takes matrices, not ${formatDims(x.dims)}`);
    return [x];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1] },
  reference: () => import('./reference.ts').then((m) => m.triluReference),
  lower({ inputs: [x], outputs, constant }, { upper }) {
    if (!x) return [];
    const [rows = 1, columns = 1] = x.dims.slice(-2);
    const diagonal = Math.max(-farthest, Math.min(farthest, integersAt(constant, 1)?.[0] ?? 0));
    const count = sizeOf(x.dims);
    const step = dispatch(
      triangle,
      { word: wordOf(elementBytes(x.element)) },
      { count, rows, columns, upper: upper ? 1 : 0, diagonal },
      [input(0), output(0)],
      lineWorkgroups(count),
    );
    return [movement('triangle', count === 0 ? [] : [step], outputs)];
  },
});

const eyeLike = defineOperator<EyeLikeAttributes>({
  type: 'EyeLike',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({
    type: source.has('dtype') ? elementTypeOfNumber(source.int('dtype')) : undefined,
    diagonal: source.int('k', 0),
  }),
  infer([x], { type }) {
    if (!x) throw new WgconvError('missing-input', 'EyeLike needs an input');
    if (x.dims.length !== 2) invalidShape(`EyeLike takes a matrix, not ${formatDims(x.dims)}`);
    return [{ type: type ?? x.type, dims: x.dims }];
  },
  accuracy: 'exact',
  traits: { home: 'host', typeInputs: [0] },
  reference: () => import('./reference.ts').then((m) => m.eyeLikeReference),
  lower: () => [],
});

export const diagonalOperators: readonly AnyOperator[] = [trilu, eyeLike];
