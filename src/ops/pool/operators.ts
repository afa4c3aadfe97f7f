/**
 * MaxPool, AveragePool, LpPool and wgconv.MinPool.
 * https://onnx.ai/onnx/operators/onnx__MaxPool.html, …/onnx__AveragePool.html, …/onnx__LpPool.html
 */

import type { Pooling } from '../../../shaders/lib/pool.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type StaticTensorType, sizeOf } from '../../core/shape.ts';
import { c4OrLinear } from '../layouts.ts';
import {
  type Accuracy,
  type AnyOperator,
  type AttributeReader,
  defineOperator,
  type Operator,
} from '../operator.ts';
import { withPads } from '../window.ts';
import { loadPool, lowerPool } from './lower.ts';
import { lpReduction, readExponent } from './norm.ts';
import { inferPool, type PoolAttributes, readPool } from './window.ts';

interface PoolFacts {
  readonly type: string;
  readonly outputs?: 1 | 2;
  readonly accuracy: Accuracy;
  /** What this operator reads beyond the window. */
  read(source: AttributeReader, opset: number): Partial<PoolAttributes>;
  pooling(attributes: PoolAttributes): Pooling;
  /** Attributes with which zeros around the input are the pooling's own padding. */
  absorbsPads?(attributes: PoolAttributes, pads: readonly number[]): PoolAttributes | undefined;
}

function poolOperator(facts: PoolFacts): AnyOperator {
  const operator: Operator<PoolAttributes> = {
    type: facts.type,
    arity: { inputs: [1, 1], outputs: [1, facts.outputs ?? 1] },
    attributes: (source, opset) => ({ ...readPool(source), ...facts.read(source, opset) }),
    infer([x], attributes) {
      const y = inferPool(x, attributes);
      if (facts.accuracy === 'function' && !isFloat(y.type)) {
        throw new WgconvError('unsupported-type', `${facts.type} takes no ${y.type}`);
      }
      return facts.outputs === 2 ? [y, { type: 'int64', dims: y.dims }] : [y];
    },
    accuracy: facts.accuracy,
    traits: {
      layouts: (node) => c4OrLinear(node),
      effort: ({ attributes: { kernelShape }, inputs: [x], outputs: [y] }) =>
        sizeOf((y as StaticTensorType).dims) *
        sizeOf(kernelShape.map((size, at) => Math.min(size, x?.dims[at + 2] as number))),
      absorbsPads: ({ attributes }, pads) => facts.absorbsPads?.(attributes, pads),
      ...(facts.outputs === 2 && { indices: { outputs: [1] } }),
    },
    reference: () => import('./reference.ts').then((module) => module.poolReference(facts.pooling)),
    load: loadPool,
    lower: (io, attributes, caps) => lowerPool(io, facts.pooling(attributes), attributes, caps),
  };
  return defineOperator(operator);
}

const readStorageOrder = (source: AttributeReader): Partial<PoolAttributes> => ({
  columnMajor: source.int('storage_order', 0) !== 0,
});

export const windowPoolOperators: readonly AnyOperator[] = [
  poolOperator({
    type: 'MaxPool',
    outputs: 2,
    accuracy: 'exact',
    read: readStorageOrder,
    pooling: () => 'max',
  }),
  poolOperator({
    type: 'wgconv.MinPool',
    accuracy: 'exact',
    read: () => ({}),
    pooling: () => 'min',
  }),
  poolOperator({
    type: 'LpPool',
    accuracy: 'function',
    read: readExponent,
    pooling: ({ p }) => lpReduction(p),
  }),
];

export const averagePool = poolOperator({
  type: 'AveragePool',
  accuracy: 'sum',
  read: (source) => ({ countIncludePad: source.int('count_include_pad', 0) !== 0 }),
  pooling: () => 'mean',
  // Zeros count. Where own padding does not, or windows run past the end, both cannot be said.
  absorbsPads(attributes, pads) {
    const { countIncludePad, ceilMode } = attributes;
    const hasPads = attributes.pads?.some((pad) => pad > 0) ?? false;
    if (ceilMode || (hasPads && !countIncludePad)) return undefined;
    const padded = withPads(attributes, pads);
    return padded && { ...padded, countIncludePad: true };
  },
});
