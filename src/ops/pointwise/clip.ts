/** Clip: bounds from attributes (opset < 11) or from inputs, known or not. */

import { input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { type DataType, isFloat, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { toReference } from '../../core/reference.ts';
import { sizeOf, type TensorType } from '../../core/shape.ts';
import { deviceBytes } from '../device-tensor.ts';
import {
  type AnyOperator,
  type Candidate,
  type DeviceTensor,
  defineOperator,
  type HostValues,
  type LoweringIO,
} from '../operator.ts';
import { type ClipAttributes, clipLimit } from './attributes.ts';
import { binaryDispatch } from './chain.ts';
import { nothingToDo, pointwiseCost, vec4Count } from './launch.ts';
import { lowerUnary, unaryLayouts } from './unary.ts';

/** Both bounds, where they are known on the host. */
function knownBounds(
  type: DataType,
  attributes: ClipAttributes,
  inputs: readonly unknown[],
  constant: HostValues,
): readonly [number, number] | undefined {
  const bounds = [attributes.min, attributes.max].map((attribute, side) => {
    if (inputs[side + 1]) {
      const value = constant(side + 1);
      return value && Number(toReference(value).value[0]);
    }
    return attribute ?? (side ? clipLimit(type) : -clipLimit(type));
  });
  const [min, max] = bounds;
  return min === undefined || max === undefined ? undefined : [min, max];
}

export const clipOperator: AnyOperator = defineOperator<ClipAttributes>({
  type: 'Clip',
  arity: { inputs: [1, 3], outputs: [1, 1] },
  attributes(source, opset) {
    source.has('consumed_inputs'); // of opset 1, without meaning
    if (opset >= 11) return { min: undefined, max: undefined };
    return {
      min: source.has('min') ? source.float('min') : undefined,
      max: source.has('max') ? source.float('max') : undefined,
    };
  },
  infer([x, ...bounds]) {
    const { type, dims } = x as TensorType;
    if (kindOf(type) === 'bool') {
      throw new WgconvError('unsupported-type', `Clip takes no ${type}`, { operator: 'Clip' });
    }
    for (const bound of bounds) {
      if (bound && bound.type !== type) {
        throw new WgconvError('invalid-model', `Clip of ${type} takes no bound of ${bound.type}`, {
          operator: 'Clip',
        });
      }
    }
    return [{ type, dims }];
  },
  accuracy: 'exact',
  traits: {
    layouts: unaryLayouts,
    asEpilogue({ attributes, inputs, constant }) {
      const { type } = inputs[0] as TensorType;
      const parameters = isFloat(type)
        ? knownBounds(type, attributes, inputs, constant)
        : undefined;
      return (
        parameters && { kind: 'activation', input: 0, activation: { name: 'clip', parameters } }
      );
    },
  },
  reference: () => import('./clip-reference.ts').then((module) => module.clipReference),
  lower(io, attributes) {
    const { type } = io.inputs[0] as DeviceTensor;
    const parameters = isFloat(type)
      ? knownBounds(type, attributes, io.inputs, io.constant)
      : undefined;
    if (parameters) return [lowerUnary(io, { function: 'clip', parameters })];
    return lowerWithInputs(io);
  },
});

/** Maximum with the lower bound, then minimum with the upper one, as two-operand steps. */
function lowerWithInputs(io: LoweringIO): readonly Candidate[] {
  const [x, min, max] = io.inputs;
  const y = io.outputs[0] as DeviceTensor;
  if (sizeOf(y.dims) === 0) return [nothingToDo];
  if (!x || !(min ?? max)) return [lowerUnary(io, { function: 'none', parameters: [] })];
  const both = min !== undefined && max !== undefined;
  const steps = [
    min && binaryDispatch('max', [x, min], y, [input(0), input(1), both ? scratch(0) : output(0)]),
    max && binaryDispatch('min', [x, max], y, [both ? scratch(0) : input(0), input(2), output(0)]),
  ];
  const dispatches = steps.filter((step) => step !== undefined);
  return [
    {
      algorithm: 'pointwise_binary',
      dispatches,
      scratch: both ? [deviceBytes(y)] : [],
      packings: [],
      cost: pointwiseCost(both ? [x, y, y, y] : [x, y], vec4Count(y)),
    },
  ];
}
