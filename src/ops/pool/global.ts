/**
 * GlobalAveragePool, GlobalMaxPool and GlobalLpPool: reductions over all spatial axes, which stay
 * with size 1. https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
 */

import type { Reduction } from '../../../shaders/lib/reduce.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims } from '../../core/shape.ts';
import { c4OrLinear, isImage } from '../layouts.ts';
import {
  type Accuracy,
  type AnyOperator,
  type AttributeReader,
  defineOperator,
} from '../operator.ts';
import { reductionCandidates, reductionProblem } from '../reduce/lower.ts';
import { lpReduction, readExponent, spatialAxes } from './norm.ts';

interface GlobalAttributes {
  readonly p: number;
}

function globalPool(
  type: string,
  accuracy: Accuracy,
  reduction: (p: number) => Reduction,
  read: (source: AttributeReader, opset: number) => GlobalAttributes = () => ({ p: 1 }),
): AnyOperator {
  return defineOperator<GlobalAttributes>({
    type,
    arity: { inputs: [1, 1], outputs: [1, 1] },
    attributes: read,
    infer([x]) {
      if (!x) throw new WgconvError('missing-input', 'pooling needs X');
      if (x.dims.length < 3) {
        throw new WgconvError('invalid-shape', `X ${formatDims(x.dims)} has no spatial axis`);
      }
      if (accuracy === 'function' && !isFloat(x.type)) {
        throw new WgconvError('unsupported-type', `${type} takes no ${x.type}`);
      }
      return [{ type: x.type, dims: x.dims.map((dim, axis) => (axis < 2 ? dim : 1)) }];
    },
    accuracy,
    traits: {
      // A classifier's Flatten and Gemm come next: they read linear.
      layouts: (facts) => [
        ...c4OrLinear(facts),
        ...(isImage(facts.inputs[0])
          ? [{ inputs: ['c4' as const], outputs: ['linear' as const] }]
          : []),
      ],
    },
    reference: () =>
      import('./reference.ts').then((module) => module.globalPoolReference(reduction)),
    lower(io, { p }, caps) {
      const [x] = io.inputs;
      const [y] = io.outputs;
      if (!x || !y) return [];
      const problem = reductionProblem(reduction(p), x, spatialAxes(x.dims), y.layout, p);
      return reductionCandidates(problem, caps);
    },
  });
}

export const globalPoolOperators: readonly AnyOperator[] = [
  globalPool('GlobalAveragePool', 'sum', () => 'mean'),
  globalPool('GlobalMaxPool', 'exact', () => 'max'),
  globalPool('GlobalLpPool', 'function', lpReduction, readExponent),
];
