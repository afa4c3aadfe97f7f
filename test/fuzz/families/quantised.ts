/** Quantised operators: 8-bit tensors with scales and zero points, per tensor and per axis. */

import type { DataType } from '../../../src/core/dtype.ts';
import type { Draft, Value } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { axisOf, extents, type Family, window } from './family.ts';

type Byte = Extract<DataType, 'uint8' | 'int8'>;

const rangeOf = (type: Byte) => (type === 'uint8' ? ([0, 255] as const) : ([-128, 127] as const));

/** A scale and a zero point, one for all or one for each of so many. */
function quantisation(draft: Draft, tape: Tape, type: Byte, count?: number): [Value, Value] {
  const dims = count === undefined ? [] : [count];
  const scale = draft.weight(tape, 'float32', dims, 'positive');
  const [low, high] = rangeOf(type);
  return [
    scale,
    draft.weight(tape, type, dims, [low / 4, high / 4].map(Math.round) as [number, number]),
  ];
}

export const quantising: Family = {
  operators: ['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'],
  add(op, draft, tape) {
    const dims = extents(tape, tape.choose([4, 3, 2, 1]));
    if (op === 'DynamicQuantizeLinear') {
      draft.node(op, [draft.input('float32', dims, 'wide')], {}, 3);
      return;
    }
    const type = tape.choose(['uint8', 'int8'] as const);
    const axis = tape.rarely(2) ? axisOf(tape, dims.length) : undefined;
    const count = axis === undefined ? undefined : (dims.at(axis) as number);
    const [scale, zero] = quantisation(draft, tape, type, count);
    const x =
      op === 'QuantizeLinear'
        ? draft.input('float32', dims, 'wide')
        : draft.input(type, dims, rangeOf(type));
    draft.node(op, [x, scale, zero], { axis });
  },
};

export const quantisedConvolution: Family = {
  operators: ['ConvInteger', 'QLinearConv'],
  add(op, draft, tape) {
    const spatial = tape.choose([2, 2, 1]);
    const channels = tape.int(1, 9);
    const sizes = Array.from({ length: spatial }, () => tape.int(1, 9));
    const { kernel, strides, dilations, pads } = window(tape, sizes);
    const group = tape.choose([1, 1, channels]);
    const outputs = group * tape.int(1, 4);
    const type = tape.choose(['uint8', 'int8'] as const);
    const weightType = tape.choose(['int8', 'uint8'] as const);
    const x = draft.input(type, [tape.int(1, 2), channels, ...sizes], rangeOf(type));
    const weightDims = [outputs, channels / group, ...kernel];
    const weight = draft.weight(tape, weightType, weightDims, rangeOf(weightType));
    const attributes = { strides, dilations, pads, group: group === 1 ? undefined : group };
    const [scale, zero] = quantisation(draft, tape, type);
    const each = tape.rarely(2) ? outputs : undefined;
    const [weightScale, weightZero] = quantisation(draft, tape, weightType, each);
    if (op === 'ConvInteger') {
      draft.node(op, [x, weight, zero, each ? undefined : weightZero], attributes);
      return;
    }
    const [, outputZero] = quantisation(draft, tape, type);
    // So that most results are between the ends of the range.
    const outputScale = draft.scalar(1000, 'float32');
    const bias = tape.rarely(2) ? draft.weight(tape, 'int32', [outputs], [-999, 999]) : undefined;
    const inputs = [x, scale, zero, weight, weightScale, weightZero, outputScale, outputZero, bias];
    draft.node(op, inputs, attributes);
  },
};

export const quantisedProduct: Family = {
  operators: ['MatMulInteger', 'QLinearMatMul'],
  add(op, draft, tape) {
    const [rows, inner, columns] = [tape.int(1, 9), tape.int(1, 17), tape.int(1, 9)];
    const batch = tape.rarely(3) ? [tape.int(1, 3)] : [];
    const types = ['uint8', 'int8'] as const;
    const [type, other] = [tape.choose(types), tape.choose(types)];
    const a = draft.input(type, [...batch, rows, inner], rangeOf(type));
    const b = draft.weight(tape, other, [inner, columns], rangeOf(other));
    const [scaleA, zeroA] = quantisation(draft, tape, type);
    const [scaleB, zeroB] = quantisation(draft, tape, other);
    if (op === 'MatMulInteger') {
      draft.node(op, [a, b, zeroA, zeroB]);
      return;
    }
    const [, zeroY] = quantisation(draft, tape, type);
    const scaleY = draft.scalar(500, 'float32');
    draft.node(op, [a, scaleA, zeroA, b, scaleB, zeroB, scaleY, zeroY]);
  },
};
