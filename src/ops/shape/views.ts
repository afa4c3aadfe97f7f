/** Reshape, Flatten, Squeeze, Unsqueeze, Identity, Dropout: the same bytes under other dims. */

import { fill } from '../../../shaders/fill.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { WgconvError } from '../../core/errors.ts';
import {
  type Dim,
  formatDims,
  multiplyDims,
  normaliseAxis,
  sizeOf,
  type TensorType,
} from '../../core/shape.ts';
import { elementsOf } from '../../core/tensor.ts';
import { divideDims, integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { c4OrLinear } from '../layouts.ts';
import { copyAll, lineWorkgroups, movement } from '../movement/copy.ts';
import { type AnyOperator, type Candidate, defineOperator, type LoweringIO } from '../operator.ts';

const reference = () => import('../movement/reference.ts').then((m) => m.sameReference);

/** Where the executor cannot share the memory. */
function lowerCopy({ inputs: [x], outputs }: LoweringIO): readonly Candidate[] {
  return x ? [movement('strided_copy', copyAll(x, input(0), output(0)), outputs)] : [];
}

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
  lower: lowerCopy,
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
  lower: lowerCopy,
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
  lower: lowerCopy,
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
  lower: lowerCopy,
});

const identity = defineOperator<null>({
  type: 'Identity',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: () => null,
  infer: ([x]) => (x ? [x] : []),
  accuracy: 'exact',
  traits: { view: true, layouts: (facts) => c4OrLinear(facts) },
  reference,
  lower: lowerCopy,
});

interface DropoutAttributes {
  readonly mask: boolean;
  /** Type of the mask: the data's own before opset 10. */
  readonly boolMask: boolean;
}

/**
 * Inference only: the data as it is, nothing masked. `is_test` of opsets 1 to 6 is not looked at
 * (its default would mean training, which exporters of that time did not mean; onnxruntime takes
 * it for inference too).
 */
const dropout = defineOperator<DropoutAttributes>({
  type: 'Dropout',
  arity: { inputs: [1, 3], outputs: [1, 2] },
  attributes(source, opset) {
    for (const name of ['ratio', 'seed', 'is_test', 'consumed_inputs']) source.has(name);
    return { mask: source.outputCount > 1, boolMask: opset >= 10 };
  },
  infer([x, , training], { mask, boolMask }, known) {
    if (!x) return [];
    const mode = known(2);
    if (mode ? elementsOf(mode)[0] : training) {
      throw new WgconvError(
        'unsupported-operator',
        mode
          ? 'Dropout in training mode is random; export the model for inference'
          : 'training_mode of Dropout must be a constant, false',
      );
    }
    const masked: TensorType = { type: boolMask ? 'bool' : x.type, dims: x.dims };
    return mask ? [x, masked] : [x];
  },
  accuracy: 'exact',
  traits: {
    view: true,
    hostInputs: [1, 2],
    layouts(facts) {
      const [linear] = c4OrLinear(facts, [0]).slice(-1);
      return facts.outputs.length > 1 && linear ? [linear] : c4OrLinear(facts, [0]);
    },
  },
  reference,
  lower(io) {
    const [, mask] = io.outputs;
    const [copy] = lowerCopy(io);
    if (!mask || !copy) return copy ? [copy] : [];
    const one = { f32: 0x3f800000, f16: 0x3c003c00, i32: 1, u32: 1 }[mask.element];
    const count = Math.ceil(sizeOf(mask.dims) / (mask.element === 'f16' ? 2 : 1));
    const ones = dispatch(fill, {}, { count, value: one }, [output(1)], lineWorkgroups(count));
    const dispatches = count === 0 ? [] : [...copy.dispatches, ones];
    return [movement('dropout', dispatches, io.outputs)];
  },
});

export const viewOperators: readonly AnyOperator[] = [
  dropout,
  flatten,
  identity,
  reshape,
  squeeze,
  unsqueeze,
];
