/** Indices that are out of range: fed ones are refused before the GPU reads them, constants earlier. */

import { expect, it } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import { indexChecks } from '../../../src/session/fed-indices.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';
import { inferNodeTypes, type SingleNode } from '../../support/single-node.ts';

const zeros = (...dims: number[]) =>
  tensorOf(dims, new Array(dims.reduce((a, b) => a * b, 1)).fill(0));
const int64 = (dims: readonly number[], values: readonly number[]) =>
  tensorOf(dims, values, 'int64');

interface IndexCase extends SingleNode {
  readonly slot: number;
}

const cases: readonly (readonly [IndexCase, number, RegExp])[] = [
  [{ op: 'Gather', inputs: [zeros(3, 2), int64([2], [2, -3])], slot: 1 }, 3, /index 3 .* size 3/],
  [{ op: 'GatherElements', inputs: [zeros(3), int64([2], [2, -3])], slot: 1 }, -4, /index -4 /],
  [{ op: 'GatherND', inputs: [zeros(3, 2), int64([1, 2], [-1, 1])], slot: 1 }, 3, /index 3 /],
  [
    { op: 'ScatterElements', inputs: [zeros(3), int64([2], [2, 0]), zeros(2)], slot: 1 },
    -4,
    /index -4 /,
  ],
  [{ op: 'ScatterND', inputs: [zeros(3), int64([1, 1], [2]), zeros(1)], slot: 1 }, 7, /index 7 /],
  [
    {
      op: 'MaxUnpool',
      attributes: { kernel_shape: [2] },
      inputs: [zeros(1, 1, 1), int64([1, 1, 1], [1])],
      slot: 1,
    },
    2,
    /index 2 is outside the output, which has 2 elements/,
  ],
  [
    { op: 'RoiAlign', inputs: [zeros(2, 1, 2, 2), zeros(1, 4), int64([1], [1])], slot: 2 },
    2,
    /image 2, but the batch has 2/,
  ],
  [
    { op: 'RoiAlign', inputs: [zeros(2, 1, 2, 2), zeros(1, 4), int64([1], [0])], slot: 2 },
    -1,
    /image -1/,
  ],
];

it.each(cases)('%o does not take %i', async (single, wrong, message) => {
  const { op, attributes = {}, inputs, slot } = single;
  const good = inputs[slot];
  if (!good) throw new Error('no indices');
  const bad = int64(good.dims, [wrong, ...new Array(good.bytes.length / 8 - 1).fill(0)]);
  expect(() => inferNodeTypes({ ...single, inputs: inputs.with(slot, bad) })).toThrow(message);

  const names = inputs.map((_, at) => `x${at}`);
  const model = encodeModel({
    nodes: [{ op, inputs: names, outputs: ['y'], attributes }],
    inputs: inputs.map((tensor, at) => ({ type: 'float32', dims: [], ...tensor, name: `x${at}` })),
    outputs: ['y'],
  });
  const { prepared } = await prepare(await optimise(await readOnnxModel(model)), {});
  const [check, ...more] =
    indexChecks(await createPlan(prepared, compatibilityCaps)).get(`x${slot}`) ?? [];
  expect(more).toEqual([]);
  expect(() => check?.(good)).not.toThrow();
  expect(() => check?.(bad)).toThrow(message);
});

it('looks through views of what is fed', async () => {
  const model = encodeModel({
    nodes: [
      { op: 'Reshape', inputs: ['i', 'shape'], outputs: ['rows'] },
      { op: 'Gather', inputs: ['x', 'rows'], outputs: ['y'] },
    ],
    inputs: [
      { name: 'x', dims: [3] },
      { name: 'i', type: 'int32', dims: [4] },
    ],
    outputs: ['y'],
    initializers: { shape: int64([2], [2, 2]) },
  });
  const { prepared } = await prepare(await optimise(await readOnnxModel(model)), {});
  const [check] = indexChecks(await createPlan(prepared, compatibilityCaps)).get('i') ?? [];
  expect(() => check?.(tensorOf([4], [0, 1, 2, -3], 'int32'))).not.toThrow();
  expect(() => check?.(tensorOf([4], [0, 1, 2, 3], 'int32'))).toThrow(/index 3 /);
});
