/** Operators by the start of a file. */
import { expect, test } from 'vitest';
import { operatorsIn } from '../../../src/formats/onnx/first-operators.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';

const bytes = encodeModel({
  opset: 14,
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
    { op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { op: 'Softmax', inputs: ['r'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', dims: [1, 3, 8, 8] }],
  outputs: ['y'],
  initializers: { w: tensorOf([4, 3, 3, 3], new Array(108).fill(1)) },
});
const nameEnd = (name: string) => Buffer.from(bytes).indexOf(name) + name.length;

test('names come from the start alone', () => {
  expect([...operatorsIn(bytes.subarray(0, nameEnd('Softmax')))]).toEqual([
    'Conv',
    'Relu',
    'Softmax',
  ]);
  expect([...operatorsIn(bytes.subarray(0, nameEnd('Conv') + 1))]).toEqual(['Conv']);
});

test('what is no model names nothing', () => {
  expect(operatorsIn(new Uint8Array()).size).toBe(0);
  expect(operatorsIn(Buffer.from('<!doctype html><p>not found</p>')).size).toBe(0);
});
