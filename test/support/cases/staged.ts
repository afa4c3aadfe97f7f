/** Models in which kernels follow a node whose output's shape depends on data, with feeds. */

import type { HostTensor } from '../../../src/core/tensor.ts';
import { encodeModel } from '../onnx-writer.ts';
import { tensorOf, uniform } from '../random.ts';

export interface StagedCase {
  readonly name: string;
  readonly model: Uint8Array;
  /** How many elements the runs select, so that a test sees different counts and none at all. */
  readonly feeds: readonly Readonly<Record<string, HostTensor>>[];
  readonly selected: { readonly output: string; readonly counts: readonly number[] };
  /** The node at which the plan is cut. */
  readonly cutAt: string;
}

const int64 = (...values: number[]) => tensorOf([values.length], values, 'int64');

/** A detector's end: scores from a convolution, boxes chosen by them, scaled. */
const detector: StagedCase = {
  name: 'Conv → NonMaxSuppression → Gather → Mul',
  cutAt: 'suppress',
  model: encodeModel({
    opset: 13,
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'w', 'bias'],
        outputs: ['map'],
        attributes: { pads: [1, 1, 1, 1] },
      },
      { op: 'Reshape', inputs: ['map', 'flat'], outputs: ['scores'] },
      { op: 'Mul', inputs: ['anchors', 'size'], outputs: ['boxes'] },
      {
        op: 'NonMaxSuppression',
        name: 'suppress',
        inputs: ['boxes', 'scores', 'most', 'iou', 'score'],
        outputs: ['selected'],
      },
      { op: 'Gather', inputs: ['selected', 'two'], outputs: ['index'], attributes: { axis: 1 } },
      { op: 'Squeeze', inputs: ['index', 'one'], outputs: ['places'] },
      { op: 'Squeeze', inputs: ['boxes', 'zero'], outputs: ['all'] },
      { op: 'Gather', inputs: ['all', 'places'], outputs: ['found'], attributes: { axis: 0 } },
      { op: 'Mul', inputs: ['found', 'scale'], outputs: ['y'] },
      { op: 'Shape', inputs: ['y'], outputs: ['shape'] },
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['nothing'] },
      { op: 'Sub', inputs: ['nothing', 'y'], outputs: ['negative'] },
    ],
    inputs: [
      { name: 'x', dims: [1, 3, 5, 7] },
      { name: 'anchors', dims: [1, 70, 4] },
    ],
    outputs: ['y', 'selected', 'scores', 'negative'],
    initializers: {
      w: uniform([2, 3, 3, 3], 1),
      bias: tensorOf([2], [0.1, -0.1]),
      flat: int64(1, 1, 70),
      size: tensorOf([4], [3, 5, 7, 9]),
      most: int64(6),
      iou: tensorOf([1], [0.3]),
      score: tensorOf([1], [0.5]),
      two: int64(2),
      one: int64(1),
      zero: int64(0),
      scale: tensorOf([4], [0.5, 2, -1, 4]),
    },
  }),
  feeds: [
    { x: uniform([1, 3, 5, 7], 2), anchors: uniform([1, 70, 4], 3) },
    { x: uniform([1, 3, 5, 7], 4, { scale: 0.35 }), anchors: uniform([1, 70, 4], 5) },
    { x: uniform([1, 3, 5, 7], 6, { scale: 0.01 }), anchors: uniform([1, 70, 4], 7) },
    { x: uniform([1, 3, 5, 7], 2), anchors: uniform([1, 70, 4], 3) },
  ],
  selected: { output: 'y', counts: [6, 4, 0, 6] },
};

/** Two cuts, the second of what follows the first. */
const twice: StagedCase = {
  name: 'Relu → NonZero → GatherND → Relu → NonZero → Gather',
  cutAt: 'second',
  model: encodeModel({
    opset: 13,
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
      { op: 'NonZero', name: 'first', inputs: ['positive'], outputs: ['places'] },
      { op: 'Transpose', inputs: ['places'], outputs: ['tuples'] },
      { op: 'GatherND', inputs: ['x', 'tuples'], outputs: ['values'] },
      { op: 'Sub', inputs: ['values', 'half'], outputs: ['less'] },
      { op: 'Relu', inputs: ['less'], outputs: ['high'] },
      { op: 'NonZero', name: 'second', inputs: ['high'], outputs: ['again'] },
      { op: 'Squeeze', inputs: ['again', 'zero'], outputs: ['rows'] },
      { op: 'Gather', inputs: ['values', 'rows'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: ['N', 5] }],
    outputs: ['y', 'values'],
    initializers: { half: tensorOf([], [0.5]), zero: int64(0) },
  }),
  feeds: [
    { x: tensorOf([2, 5], [1, -1, 0.25, 0.75, 0, 0, 0, 2, -2, 0.5]) },
    { x: tensorOf([1, 5], [0.25, -1, 0.25, -1, 0]) },
    { x: tensorOf([1, 5], [-1, -1, -1, -1, -1]) },
  ],
  selected: { output: 'y', counts: [3, 0, 0] },
};

export const stagedCases: readonly StagedCase[] = [detector, twice];
