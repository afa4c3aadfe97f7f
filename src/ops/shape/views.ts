/** Reshape, Flatten, Squeeze, Unsqueeze, Identity: the same bytes under other dims. */

import { type Dim, formatDims, multiplyDims, normaliseAxis } from '../../core/shape.ts';
import { divideDims, integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { c4OrLinear } from '../layouts.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';

const reference = () => import('../movement/reference.ts').then((m) => m.sameReference);

/** The executor shares the memory: there is nothing to dispatch. */
const lower = () => [];

interface ReshapeAttributes {
  /** Where it is an attribute (before opset 5). */
  readonly shape: readonly number[] | undefined;
  /** A zero means zero; else it copies the input's dimension. */
  readonly allowZero: boolean;
}

/** The dims that `shape` asks for: 0 copies, one -1 takes what is left. */
export function reshapeDims(
  dims: readonly Dim[],
  shape: readonly number[],
  allowZero: boolean,
): Dim[] {
  const wrong = () =>
    invalidShape(`${formatDims(dims)} does not reshape to ${formatDims(shape)}`, { dims, shape });
  const result = shape.map((size, axis): Dim => {
    if (size < -1) return wrong();
    return size === 0 && !allowZero ? (dims[axis] ?? wrong()) : size;
  });
  const open = result.indexOf(-1);
  const rest = result.filter((_, axis) => axis !== open);
  if (rest.includes(-1) || (open >= 0 && allowZero && rest.includes(0))) return wrong();
  if (open >= 0) return result.with(open, divideDims(dims, rest) ?? wrong());
  const [before, after] = [multiplyDims(dims), multiplyDims(result)];
  if (typeof before === 'number' && typeof after === 'number' && before !== after) return wrong();
  return result;
}

const reshape = defineOperator<ReshapeAttributes>({
  type: 'Reshape',
  arity: { inputs: [1, 2], outputs: [1, 1] },
  attributes(source) {
    source.has('consumed_inputs');
    return { shape: source.ints('shape'), allowZero: source.int('allowzero', 0) !== 0 };
  },
  infer([x, shape], attributes, known) {
    if (!x) return [];
    const wanted = integersAt(known, 1) ?? attributes.shape;
    if (wanted) return [{ type: x.type, dims: reshapeDims(x.dims, wanted, attributes.allowZero) }];
    const rank = shape?.dims[0];
    if (typeof rank !== 'number') return unknownRank('Reshape', 'shape');
    return [{ type: x.type, dims: unknownDims(`Reshape${formatDims(x.dims)}`, rank) }];
  },
  accuracy: 'exact',
  traits: { view: true, hostInputs: [1] },
  reference,
  lower,
});

const flatten = defineOperator<{ readonly axis: number }>({
  type: 'Flatten',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({ axis: source.int('axis', 1) }),
  infer([x], { axis }) {
    if (!x) return [];
    // An axis of the rank itself is allowed: everything comes before it.
    const rank = x.dims.length;
    const at = axis === rank ? rank : normaliseAxis(axis, rank);
    const dims = [multiplyDims(x.dims.slice(0, at)), multiplyDims(x.dims.slice(at))];
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { view: true },
  reference,
  lower,
});

interface AxesAttributes {
  /** Where they are an attribute (before opset 13). */
  readonly axes: readonly number[] | undefined;
}

const squeeze = defineOperator<AxesAttributes>({
  type: 'Squeeze',
  arity: { inputs: [1, 2], outputs: [1, 1] },
  attributes: (source) => ({ axes: source.ints('axes') }),
  infer([x, given], attributes, known) {
    if (!x) return [];
    const { type, dims } = x;
    const values = integersAt(known, 1) ?? attributes.axes;
    if (!values && given) return unknownRank('Squeeze', 'axes');
    const axes = values?.map((axis) => normaliseAxis(axis, dims.length));
    for (const axis of axes ?? []) {
      const dim = dims[axis];
      if (typeof dim === 'number' && dim !== 1) {
        invalidShape(`axis ${axis} of ${formatDims(dims)} is not 1: it cannot be squeezed`);
      }
    }
    return [{ type, dims: dims.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1)) }];
  },
  accuracy: 'exact',
  traits: { view: true, hostInputs: [1] },
  reference,
  lower,
});

const unsqueeze = defineOperator<AxesAttributes>({
  type: 'Unsqueeze',
  arity: { inputs: [1, 2], outputs: [1, 1] },
  attributes: (source) => ({ axes: source.ints('axes') }),
  infer([x, given], attributes, known) {
    if (!x) return [];
    const values = integersAt(known, 1) ?? attributes.axes;
    if (!values) {
      const added = given?.dims[0];
      if (typeof added !== 'number') return unknownRank('Unsqueeze', 'axes');
      const rank = x.dims.length + added;
      return [{ type: x.type, dims: unknownDims(`Unsqueeze${formatDims(x.dims)}`, rank) }];
    }
    const rank = x.dims.length + values.length;
    const axes = new Set(values.map((axis) => normaliseAxis(axis, rank)));
    if (axes.size !== values.length) invalidShape(`axes [${values}] of Unsqueeze are not distinct`);
    const rest = x.dims.values();
    const dims = Array.from(
      { length: rank },
      (_, axis): Dim => (axes.has(axis) ? 1 : (rest.next().value ?? 1)),
    );
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { view: true, hostInputs: [1] },
  reference,
  lower,
});

const identity = defineOperator<null>({
  type: 'Identity',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: () => null,
  infer: ([x]) => (x ? [x] : []),
  accuracy: 'exact',
  traits: { view: true, layouts: (facts) => c4OrLinear(facts) },
  reference,
  lower,
});

export const viewOperators: readonly AnyOperator[] = [
  flatten,
  identity,
  reshape,
  squeeze,
  unsqueeze,
];
