/**
 * AffineGrid: where an affine map sends every pixel, as a grid for GridSample.
 * https://onnx.ai/onnx/operators/onnx__AffineGrid.html — opset version 20.
 *
 * With align_corners −1 and 1 are the first and the last pixel, which an axis of one pixel cannot
 * tell apart; it lies at 0, as in PyTorch. (ONNX's reference evaluator says −1.)
 */

import { affineGrid as kernel } from '../../../shaders/affine_grid.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import { integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { lanes } from '../movement/loops.ts';
import { defineOperator } from '../operator.ts';
import type { AffineGridAttributes } from './grid.ts';

export const affineGrid = defineOperator<AffineGridAttributes>({
  type: 'AffineGrid',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ alignCorners: source.int('align_corners', 0) !== 0 }),
  infer([theta, sizes], _, known) {
    if (!theta || !sizes) throw new WgconvError('missing-input', 'AffineGrid needs theta and size');
    if (!isFloat(theta.type)) {
      throw new WgconvError('wrong-type', `theta must be floating-point, not ${theta.type}`);
    }
    const [images = 1, rows, columns] = theta.dims;
    const size = integersAt(known, 1);
    const axes = size ? size.length - 2 : rows;
    if (typeof axes !== 'number') return unknownRank('AffineGrid', 'size');
    const wrong = (dim: typeof rows, wanted: number) => typeof dim === 'number' && dim !== wanted;
    if (
      ![2, 3].includes(axes) ||
      theta.dims.length !== 3 ||
      wrong(rows, axes) ||
      wrong(columns, axes + 1) ||
      (size && wrong(images, size[0] as number))
    ) {
      invalidShape(
        `theta ${formatDims(theta.dims)} does not fit size ${size ? formatDims(size) : '(not known)'}: ` +
          'an image [N,C,H,W] takes [N,2,3], a volume [N,C,D,H,W] takes [N,3,4]',
      );
    }
    const spatial = size?.slice(2) ?? unknownDims(`AffineGrid${formatDims(theta.dims)}`, axes);
    return [{ type: theta.type, dims: [images, ...spatial, axes] }];
  },
  accuracy: 'function',
  traits: { hostInputs: [1] },
  reference: () => import('./affine-grid-reference.ts').then((m) => m.affineGridReference),
  lower({ inputs: [theta], outputs: [grid] }, { alignCorners }) {
    if (!theta || !grid) return [];
    const spatial = grid.dims.slice(1, -1);
    const count = sizeOf(grid.dims.slice(0, -1));
    const step = dispatch(
      kernel,
      { element: theta.element === 'f16' ? 'f16' : 'f32' },
      {
        size: lanes(spatial, 1, sizeOf(spatial)),
        ...{ count, axes: spatial.length, alignCorners: alignCorners ? 1 : 0 },
      },
      [input(0), output(0)],
      lineWorkgroups(count),
    );
    return [
      lineCandidate('affine_grid', [step], {
        macs: sizeOf(grid.dims) * (spatial.length + 1),
        bytes: tensorBytes(grid),
        invocations: count,
        efficiency: 0.1,
      }),
    ];
  },
});
