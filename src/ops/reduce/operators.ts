/**
 * ReduceSum and its nine sisters: https://onnx.ai/onnx/operators/onnx__ReduceSum.html
 *
 * `axes` was an attribute up to opset 12 (ReduceSum) or 17 (the others) and is an input since. No
 * axes mean all of them, or none with `noop_with_empty_axes`; the reduction of single elements
 * then still squares, takes absolute values, and so on (as ONNX's reference implementation does).
 */

import { floatReductions, integerReductions, type Reduction } from '../../../shaders/lib/reduce.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import type { TensorType } from '../../core/shape.ts';
import { integersOf } from '../../core/tensor.ts';
import { isImage } from '../layouts.ts';
import {
  type Accuracy,
  type AnyOperator,
  defineOperator,
  type HostValues,
  type LayoutChoice,
  type NodeFacts,
} from '../operator.ts';
import { type ReduceAttributes, reducedAxes } from './axes.ts';
import { reductionCandidates, reductionProblem } from './lower.ts';

function knownAxes(inputs: readonly unknown[], known: HostValues): readonly number[] | undefined {
  if (!inputs[1]) return undefined;
  const axes = known(1);
  if (axes) return integersOf(axes);
  throw new WgconvError('invalid-shape', 'the axes of a reduction must be known in advance');
}

function infer(
  inputs: readonly (TensorType | undefined)[],
  attributes: ReduceAttributes,
  known: HostValues,
): readonly TensorType[] {
  const [x] = inputs;
  if (!x) throw new WgconvError('missing-input', 'a reduction needs data');
  const axes = reducedAxes(x.dims.length, attributes, knownAxes(inputs, known));
  const dims = attributes.keepDims
    ? x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    : x.dims.filter((_, axis) => !axes.includes(axis));
  return [{ type: x.type, dims }];
}

/** Height and width of an image may be reduced in C4; the result is an image, or linear. */
function layouts(facts: NodeFacts<ReduceAttributes>): readonly LayoutChoice[] {
  const [x] = facts.inputs;
  const rest = facts.inputs.slice(1).map(() => 'linear' as const);
  const linear: LayoutChoice = { inputs: ['linear', ...rest], outputs: ['linear'] };
  if (!x || !isImage(x)) return [linear];
  const axes = reducedAxes(4, facts.attributes, knownAxes(facts.inputs, facts.constant));
  if (axes.join() !== '2,3') return [linear];
  return [
    ...(facts.attributes.keepDims
      ? [{ inputs: ['c4' as const, ...rest], outputs: ['c4' as const] }]
      : []),
    { inputs: ['c4', ...rest], outputs: ['linear'] },
    linear,
  ];
}

/** Integers are exact; logarithms have their own bound. */
function accuracyOf(operation: Reduction, type: TensorType | undefined): Accuracy {
  if (operation === 'max' || operation === 'min' || (type && !isFloat(type.type))) return 'exact';
  return operation === 'logSum' || operation === 'logSumExp' ? 'function' : 'sum';
}

function reduceOperator(type: string, operation: Reduction, axesInputSince = 18): AnyOperator {
  return defineOperator<ReduceAttributes>({
    type,
    arity: { inputs: [1, 2], outputs: [1, 1] },
    attributes(source, opset) {
      const asInput = opset >= axesInputSince;
      return {
        axes: asInput ? undefined : source.ints('axes'),
        keepDims: source.int('keepdims', 1) !== 0,
        noopWithEmptyAxes: asInput && source.int('noop_with_empty_axes', 0) !== 0,
      };
    },
    infer,
    accuracy: (_, [output]) => accuracyOf(operation, output),
    traits: { layouts, hostInputs: [1] },
    reference: () => import('./reference.ts').then((m) => m.reduceReference(operation)),
    lower(io, attributes, caps) {
      const [x] = io.inputs;
      const [y] = io.outputs;
      if (!x || !y) return [];
      const supported = isFloat(x.type) ? floatReductions : integerReductions;
      if (!supported.includes(operation)) return [];
      // The axes are never uploaded: the device has no such input.
      const given = io.constant(1);
      const axes = reducedAxes(x.dims.length, attributes, given && integersOf(given));
      return reductionCandidates(reductionProblem(operation, x, axes, y.layout), caps);
    },
  });
}

export const reduceOperators: readonly AnyOperator[] = [
  reduceOperator('ReduceSum', 'sum', 13),
  reduceOperator('ReduceMean', 'mean'),
  reduceOperator('ReduceMax', 'max'),
  reduceOperator('ReduceMin', 'min'),
  reduceOperator('ReduceProd', 'prod'),
  reduceOperator('ReduceL1', 'l1'),
  reduceOperator('ReduceL2', 'l2'),
  reduceOperator('ReduceSumSquare', 'sumSquare'),
  reduceOperator('ReduceLogSum', 'logSum'),
  reduceOperator('ReduceLogSumExp', 'logSumExp'),
];
