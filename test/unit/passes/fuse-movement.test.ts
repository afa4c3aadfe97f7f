/** Reshape, Transpose and Reshape of images as one node. */

import { describe, expect, test } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import { elementsOf } from '../../../src/core/tensor.ts';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { assignLayouts } from '../../../src/passes/assign-layouts.ts';
import { fuseMovement } from '../../../src/passes/fuse-movement.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { References } from '../../../src/session/evaluate.ts';
import { encodeModel, type NodeInput } from '../../support/onnx-writer.ts';
import { integers, tensorOf } from '../../support/random.ts';

const shape = (values: number[]) => tensorOf([values.length], values, 'int64');

async function graphOf(nodes: readonly NodeInput[], dims: readonly number[], outputs = ['y']) {
  const model = encodeModel({
    nodes,
    inputs: [{ name: 'x', dims }],
    outputs,
    initializers: {
      groups: shape([2, 3, 2, 4, 5]),
      image: shape([2, 6, 4, 5]),
      rows: shape([1, -1, 3]),
    },
  });
  const graph = await optimise(await readOnnxModel(model));
  const disable = ['fuse-movement', 'assign-layouts'] as const;
  return (await prepare(graph, { x: dims }, { disable })).prepared;
}

const shuffle: readonly NodeInput[] = [
  { op: 'Reshape', inputs: ['x', 'groups'], outputs: ['g'] },
  { op: 'Transpose', inputs: ['g'], outputs: ['t'], attributes: { perm: [0, 2, 1, 3, 4] } },
  { op: 'Reshape', inputs: ['t', 'image'], outputs: ['y'] },
];

describe('a channel shuffle', () => {
  test('is one node, of the same values, that needs no other layout', async () => {
    const graph = await graphOf(shuffle, [2, 6, 4, 5]);
    const fused = fuseMovement(graph);
    expect(fused.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ['wgconv.Permute', ['x'], ['y']],
    ]);
    const [node] = fused.nodes;
    if (!node) throw new Error('no node');
    const references = new References();
    await references.load([node]);
    const x = integers([2, 6, 4, 5], 1);
    const lookup = () => toReference(x);
    const [composed] = references.evaluate(node, fused, lookup);
    const { origin: _, ...alone } = node;
    const [direct] = references.evaluate(alone, fused, lookup);
    expect(direct?.value).toEqual(composed?.value);
    // Channel 1 of the result is channel 2, the first of the second group of two.
    const plane = Array.from(elementsOf(x) as Float32Array).slice(40, 60);
    expect(Array.from(direct?.value as Float64Array).slice(20, 40)).toEqual(plane);
    const layouts = assignLayouts(fused).nodes.map(({ op }) => op);
    expect(layouts).toEqual(['wgconv.Permute']);
  });

  test('stays as it is where something else reads between', async () => {
    const graph = await graphOf(shuffle, [2, 6, 4, 5], ['y', 't', 'g']);
    expect(fuseMovement(graph)).toEqual(graph);
  });
});

test('views behind a transposition of an image go with it, and none without an image', async () => {
  const rows = (perm: number[]): NodeInput[] => [
    { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm } },
    { op: 'Reshape', inputs: ['t', 'rows'], outputs: ['y'] },
  ];
  const image = await graphOf(rows([0, 2, 3, 1]), [1, 3, 4, 5]);
  expect(fuseMovement(image).nodes.map(({ op }) => op)).toEqual(['wgconv.Permute']);
  const none = await graphOf(rows([0, 2, 1]), [1, 3, 4]);
  expect(fuseMovement(none)).toEqual(none);
});
