/** Clip: bounds from attributes (opset < 11) or from inputs, known or not. */

import { type DataType, isFloat, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { toReference } from '../../core/reference.ts';
import type { TensorType } from '../../core/shape.ts';
import {
  type AnyOperator,
  type DeviceTensor,
  defineOperator,
  type HostValues,
  type NodeFacts,
} from '../operator.ts';
import { type ClipAttributes, clipLimit } from './attributes.ts';
import { kernels } from './kernels.ts';
import { unaryLayouts } from './unary-layouts.ts';

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

function floatBounds({ attributes, inputs, constant }: NodeFacts<ClipAttributes>) {
  const { type } = inputs[0] as TensorType;
  return isFloat(type) ? knownBounds(type, attributes, inputs, constant) : undefined;
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
      throw new WgconvError('unsupported-type', `Clip takes no ${type}`);
    }
    for (const bound of bounds) {
      if (bound && bound.type !== type) {
        throw new WgconvError('invalid-model', `Clip of ${type} takes no bound of ${bound.type}`);
      }
    }
    return [{ type, dims }];
  },
  accuracy: 'exact',
  traits: {
    layouts: unaryLayouts,
    asEpilogue(facts) {
      const parameters = floatBounds(facts);
      return (
        parameters && { kind: 'activation', input: 0, activation: { name: 'clip', parameters } }
      );
    },
    pointwise(facts) {
      const parameters = floatBounds(facts);
      return parameters && { function: 'clip', inputs: [0], parameters };
    },
  },
  reference: () => import('./clip-reference.ts').then((module) => module.clipReference),
  load: kernels.load,
  lower(io, attributes) {
    const { type } = io.inputs[0] as DeviceTensor;
    const parameters = isFloat(type)
      ? knownBounds(type, attributes, io.inputs, io.constant)
      : undefined;
    const { lowerClip, lowerUnary } = kernels.get();
    return parameters ? [lowerUnary(io, { function: 'clip', parameters })] : lowerClip(io);
  },
});
