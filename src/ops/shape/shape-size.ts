/** Shape and Size: what is known of a tensor without looking into it. */

import { type AnyOperator, defineOperator } from '../operator.ts';

interface ShapeAttributes {
  /** First and one past the last axis; from the end where negative. */
  readonly start: number;
  readonly end: number | undefined;
}

const shape = defineOperator<ShapeAttributes>({
  type: 'Shape',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({
    start: source.int('start', 0),
    end: source.has('end') ? source.int('end') : undefined,
  }),
  infer([x], { start, end }) {
    // Both are clamped, as an array's slice clamps them.
    return x ? [{ type: 'int64', dims: [x.dims.slice(start, end).length] }] : [];
  },
  accuracy: 'exact',
  traits: { home: 'host', typeInputs: [0] },
  reference: () => import('./reference.ts').then((m) => m.shapeReference),
  lower: () => [],
});

const size = defineOperator<null>({
  type: 'Size',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: () => null,
  infer: ([x]) => (x ? [{ type: 'int64', dims: [] }] : []),
  accuracy: 'exact',
  traits: { home: 'host', typeInputs: [0] },
  reference: () => import('./reference.ts').then((m) => m.sizeReference),
  lower: () => [],
});

export const shapeOperators: readonly AnyOperator[] = [shape, size];
