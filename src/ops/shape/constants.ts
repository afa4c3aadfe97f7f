/** Constant, ConstantOfShape and Range: tensors out of nothing. They are folded when loading. */

import { allocate, isBigInt } from '../../core/dtype.ts';
import { toReference } from '../../core/reference.ts';
import { isStatic, sizeOf } from '../../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../../core/tensor.ts';
import { integersAt, invalidShape, unknownDims, unknownRank } from '../dims.ts';
import { requireOneType } from '../one-type.ts';
import { type AnyOperator, type AttributeReader, defineOperator } from '../operator.ts';
import type { ConstantAttributes } from './attributes.ts';

function constantValue(source: AttributeReader): HostTensor {
  for (const name of ['sparse_value', 'value_string', 'value_strings']) {
    if (source.has(name)) source.fail(`"${name}" is not supported; only dense numbers are`);
  }
  const value = source.tensor('value');
  if (value) return value;
  if (source.has('value_float')) {
    return hostTensor('float32', [], Float32Array.of(source.float('value_float')));
  }
  if (source.has('value_int')) {
    return hostTensor('int64', [], BigInt64Array.of(BigInt(source.int('value_int'))));
  }
  const floats = source.floats('value_floats');
  if (floats) return hostTensor('float32', [floats.length], Float32Array.from(floats));
  const ints = source.ints('value_ints');
  if (ints) return hostTensor('int64', [ints.length], BigInt64Array.from(ints, BigInt));
  return source.fail('Constant has no value');
}

const constant = defineOperator<ConstantAttributes>({
  type: 'Constant',
  arity: { inputs: [0, 0], outputs: [1, 1] },
  attributes: (source) => ({ value: constantValue(source) }),
  infer: (_inputs, { value }) => [{ type: value.type, dims: value.dims }],
  accuracy: 'exact',
  traits: { home: 'host' },
  reference: () => import('./reference.ts').then((m) => m.constantReference),
  lower: () => [],
});

const constantOfShape = defineOperator<ConstantAttributes>({
  type: 'ConstantOfShape',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes(source) {
    const value = source.tensor('value') ?? hostTensor('float32', [1], new Float32Array(1));
    if (sizeOf(value.dims) !== 1) {
      source.fail(`"value" must be one number, not a tensor of shape [${value.dims}]`);
    }
    return { value };
  },
  infer([shape], { value: { type } }, known) {
    const dims = integersAt(known, 0);
    if (dims?.some((dim) => dim < 0)) invalidShape(`ConstantOfShape of shape [${dims}]`);
    if (dims) return [{ type, dims }];
    const rank = shape?.dims[0];
    if (typeof rank !== 'number') return unknownRank('ConstantOfShape', 'input');
    return [{ type, dims: unknownDims('ConstantOfShape', rank) }];
  },
  accuracy: 'exact',
  traits: {
    home: 'host',
    hostInputs: [0],
    // Straight to the bytes: a large one would be dear in float64.
    hostFold({ attributes: { value }, outputs: [output] }) {
      if (!output || !isStatic(output)) return undefined;
      const filled = allocate(output.type, sizeOf(output.dims));
      filled.fill(elementsOf(value)[0] as never);
      return [hostTensor(output.type, output.dims, filled)];
    },
  },
  reference: () => import('./reference.ts').then((m) => m.constantReference),
  lower: () => [],
});

const range = defineOperator<null>({
  type: 'Range',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes: (source) => {
    // Opset 27: the type that bfloat16 and float16 are added up in. Float64 does for all.
    source.has('stash_type');
    return null;
  },
  infer([start, limit, delta], _attributes, known) {
    if (!start) return [];
    requireOneType({ start, limit, delta });
    const values = [0, 1, 2].map((index) => {
      const tensor = known(index);
      if (tensor && sizeOf(tensor.dims) !== 1) {
        invalidShape('start, limit and delta of Range must be one number each');
      }
      return tensor && Number(toReference(tensor).value[0]);
    });
    const [from, to, by] = values;
    if (from === undefined || to === undefined || by === undefined) {
      return [{ type: start.type, dims: unknownDims('Range', 1) }];
    }
    const count = Math.max(0, Math.ceil((to - from) / by));
    if (!Number.isFinite(count)) invalidShape(`Range from ${from} to ${to} by ${by} has no end`);
    return [{ type: start.type, dims: [count] }];
  },
  accuracy: (_attributes, outputs) =>
    outputs.every(({ type }) => isBigInt(type) || type.includes('int')) ? 'exact' : 'sum',
  traits: { home: 'host', hostInputs: [0, 1, 2] },
  reference: () => import('./reference.ts').then((m) => m.rangeReference),
  lower: () => [],
});

export const constantOperators: readonly AnyOperator[] = [constant, constantOfShape, range];
