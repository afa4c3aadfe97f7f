/** A model's graph as boxes and lines. */

import { expect, test } from 'vitest';
import { layoutGraph } from '../../../../demo/pages/model/graph-layout.ts';
import {
  boxesOf,
  inputId,
  neighbourOf,
  outputId,
  placeBoxes,
} from '../../../../demo/pages/model/graph-picture.ts';
import { readOnnxModel } from '../../../../src/formats/onnx/index.ts';
import { inferShapes } from '../../../../src/passes/infer-shapes.ts';
import { encodeModel } from '../../../support/onnx-writer.ts';

/** x → Relu a → (Conv b, Neg c) → Add d, y. */
const graph = inferShapes(
  await readOnnxModel(
    encodeModel({
      nodes: [
        { op: 'Relu', name: 'a', inputs: ['x'], outputs: ['va'] },
        {
          ...{ op: 'Conv', name: 'b', inputs: ['va', 'w'], outputs: ['vb'] },
          attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
        },
        {
          op: 'MaxPool',
          name: 'c',
          inputs: ['va'],
          outputs: ['vc'],
          attributes: { kernel_shape: [2, 2], strides: [2, 2] },
        },
        { op: 'Add', name: 'd', inputs: ['vb', 'vc'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: [1, 1, 4, 4] }],
      outputs: ['y'],
      initializers: {
        w: { dims: [1, 1, 3, 3], dataType: 1, floats: new Array(9).fill(1) },
      },
    }),
  ),
);

const { boxes, edges } = boxesOf(graph);
const picture = placeBoxes(boxes, edges, layoutGraph({ boxes, edges }));
const box = (id: string) => {
  const found = picture.boxes.find((other) => other.id === id);
  if (!found) throw new Error(`no box ${id}`);
  return found;
};

test('nodes, inputs and outputs are boxes with what matters in them', () => {
  expect(boxes.map(({ title, detail }) => `${title} ${detail}`)).toEqual([
    'x 1×1×4×4',
    'Relu 1×1×4×4',
    'Conv 3×3 /2 1×1×2×2',
    'MaxPool 2×2 /2 1×1×2×2',
    'Add 1×1×2×2',
    'y 1×1×2×2',
  ]);
  expect(edges.map(({ from, to }) => [from, to])).toEqual([
    [inputId('x'), 'a'],
    ['a', 'b'],
    ['a', 'c'],
    ['b', 'd'],
    ['c', 'd'],
    ['d', outputId('y')],
  ]);
});

test('what reads a value lies below what makes it, branches side by side', () => {
  for (const { from, to } of edges) {
    expect(box(to).y, `${from} above ${to}`).toBeGreaterThanOrEqual(box(from).y + box(from).height);
  }
  expect(box('b').y).toBe(box('c').y);
  expect(Math.abs(box('b').x - box('c').x)).toBeGreaterThanOrEqual(box('b').width);
});

test('arrow keys follow the lines and change branches', () => {
  const [left, right] = box('b').x < box('c').x ? ['b', 'c'] : ['c', 'b'];
  expect(neighbourOf(picture, 'd', 'down')).toBe(outputId('y'));
  expect(neighbourOf(picture, 'a', 'up')).toBe(inputId('x'));
  expect(neighbourOf(picture, left, 'right')).toBe(right);
  expect(neighbourOf(picture, right, 'left')).toBe(left);
  expect(neighbourOf(picture, right, 'right')).toBeUndefined();
  expect(neighbourOf(picture, inputId('x'), 'up')).toBeUndefined();
});
