/** Element types that the definitions do not allow are refused, by name. */

import { expect, it } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import { tensorOf } from '../../support/random.ts';
import { computeNode, inferNodeTypes } from '../../support/single-node.ts';

const a = (type: DataType, ...dims: number[]) => ({ type, dims });
const known = (type: DataType, ...values: number[]) => tensorOf([values.length], values, type);

type Single = Parameters<typeof inferNodeTypes>[0];

const mixed = (names: string, ...inputs: Single['inputs']): readonly [string, Single['inputs']] => [
  names,
  inputs,
];

it.each([
  ...['Gather', 'GatherElements', 'GatherND'].map((op) =>
    mixed(op, a('float32', 3), a('float32', 1)),
  ),
  mixed('ScatterElements', a('float32', 3), a('bool', 3), a('float32', 3)),
])('%s takes int32 and int64 indices only', (op, inputs) => {
  expect(() => inferNodeTypes({ op, inputs })).toThrow(/indices must be int32 or int64, not /);
});

it.each<[string, Single['inputs'], RegExp]>([
  [
    'ScatterND',
    [a('float32', 3), a('int64', 1, 1), a('int64', 1)],
    /updates is int64, but must be float32, as data is/,
  ],
  [
    'ScatterElements',
    [a('float32', 3), a('int64', 1), a('float16', 1)],
    /updates is float16, but must be float32/,
  ],
  ['Range', [a('int64'), a('int32'), a('int64')], /limit is int32, but must be int64, as start is/],
  ['Range', [a('int64'), a('int64'), a('float32')], /delta is float32/],
  ['Concat', [a('float32', 2), a('float32', 2), a('int64', 2)], /input 2 is int64/],
  ['Einsum', [a('float32', 2, 2), a('float64', 2, 2)], /input 1 is float64/],
  ['Pad', [a('int64', 2), known('int64', 1, 1), a('float32')], /constant_value is float32/],
  ['LayerNormalization', [a('float32', 2), a('float16', 2)], /scale is float16/],
  [
    'InstanceNormalization',
    [a('float32', 1, 2, 3), a('float32', 2), a('float16', 2)],
    /bias is float16/,
  ],
])('%s has one type for all: %#', (op, inputs, message) => {
  const attributes = { Einsum: { equation: 'ij,jk' }, Concat: { axis: 0 } }[op] ?? {};
  expect(() => inferNodeTypes({ op, attributes, inputs })).toThrow(message);
});

it.each([
  ['Where', [known('float32', 1), known('float32', 1), known('float32', 1)]],
  ['Add', [known('float32', 1), known('int64', 1)]],
  ['Max', [known('float32', 1), known('int64', 1)]],
  ['Clip', [known('float32', 1), known('int64', 1)]],
  ['Sqrt', [known('int64', 1)]],
])('a message names its node, %s, once', async (op, inputs) => {
  await expect(computeNode({ op, inputs })).rejects.toThrow(/^[^(]*\([^()]*\)$/);
});

it('BatchNormalization may have vectors of another type than X', () => {
  const vectors = [1, 2, 3, 4].map(() => a('float32', 2));
  const [y] = inferNodeTypes({
    op: 'BatchNormalization',
    inputs: [a('float16', 1, 2), ...vectors],
  });
  expect(y).toEqual(a('float16', 1, 2));
});

it.each<[string, Single['inputs']]>([
  ['Reshape', [a('float32', 4), known('float32', 2, 2)]],
  ['Expand', [a('float32', 1), known('float32', 2, 2)]],
  ['Tile', [a('float32', 1), known('float32', 2)]],
  ['TopK', [a('float32', 4), known('float32', 2)]],
])('%s takes integers where it takes sizes', (op, inputs) => {
  expect(() => inferNodeTypes({ op, inputs })).toThrow(/input 1 must be integers, not float32/);
});

it.each([a('bool', 2, 2), a('float32', 4)])('Compress takes no condition of %o', (condition) => {
  expect(() => inferNodeTypes({ op: 'Compress', inputs: [a('float32', 4), condition] })).toThrow(
    /condition must be a list of bool, not /,
  );
});

it.each(['LayerNormalization', 'GroupNormalization'])('%s has no stash_type 7', (op) => {
  const attributes = { stash_type: 7, ...(op.startsWith('G') && { num_groups: 1 }) };
  const inputs = [a('float32', 1, 2), a('float32', 2), a('float32', 2)];
  expect(() => inferNodeTypes({ op, attributes, inputs })).toThrow(
    /stash_type 7 is no floating-point type/,
  );
});
