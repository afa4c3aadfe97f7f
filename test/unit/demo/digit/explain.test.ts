/** The digit page's explanations, against values worked out by hand. */

import { describe, expect, it } from 'vitest';
import { explain, marksOf, softmaxSteps } from '../../../../demo/pages/digit/explain.ts';
import type { Stage } from '../../../../demo/pages/digit/stages.ts';

const input: Stage = {
  ...{ name: 'input', value: 'x', channels: 2, height: 3, width: 3 },
  ...{ from: -1, how: { kind: 'input' }, signed: false },
};

/** Two maps: 1 to 9 by row, and tens of them. */
const before = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90]);

/** Filter 0 sees both maps, filter 1 the second and the first; padding is −1. */
const convolution: Stage = {
  ...{ name: 'C', value: 'c', channels: 2, height: 2, width: 2, from: 0, signed: true },
  how: {
    ...{ kind: 'convolution', size: 2, stride: 2, padding: 1, paddingValue: -1 },
    connections: [
      [0, 1],
      [1, 0],
    ],
    weights: Float32Array.from([1, 2, 3, 4, 0, 0, 0, 0.5, 1, 1, 1, 1, 2, 2, 2, 2]),
    bias: Float32Array.from([0.5, -200]),
    activation: 'relu',
  },
};

describe('the explanation of a convolution', () => {
  const stages = [input, convolution];

  it('takes the padding where the window leaves the map', () => {
    const values = Float32Array.from([3.5, 0, 0, 0, 0, 0, 0, 0]);
    const cell = { channel: 0, y: 0, x: 0 };
    const explanation = explain(stages, convolution, cell, before, values);
    if (explanation.kind !== 'convolution') throw new Error(explanation.kind);
    const [first, second] = explanation.parts;
    expect(first).toEqual({
      channel: 0,
      window: [-1, -1, -1, 1],
      inside: [false, false, false, true],
      filter: [1, 2, 3, 4],
      products: [-1, -2, -3, 4],
      sum: -2,
    });
    expect(second?.products).toEqual([-0, -0, -0, 5]);
    expect(explanation).toMatchObject({ sum: 3, bias: 0.5, result: 3.5, value: 3.5 });
  });

  it('goes by the maps that a filter sees, in its order, and by its own bias', () => {
    // Window of rows 2, 3 and columns 2, 3 (counted from 1): 5 6 8 9, and ten times that.
    const cell = { channel: 1, y: 1, x: 1 };
    const explanation = explain(stages, convolution, cell, before, new Float32Array(8));
    if (explanation.kind !== 'convolution') throw new Error(explanation.kind);
    expect(explanation.parts.map(({ channel, sum }) => [channel, sum])).toEqual([
      [1, 280],
      [0, 56],
    ]);
    expect(explanation).toMatchObject({ sum: 336, bias: -200, result: 136 });
    expect(marksOf(stages, convolution, cell)).toEqual([
      { channel: 1, y: 1, x: 1, height: 2, width: 2 },
      { channel: 0, y: 1, x: 1, height: 2, width: 2 },
    ]);
  });

  it('takes a bias of its own for each place where there is one', () => {
    const how = { ...convolution.how, bias: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]) } as const;
    const perPlace = { ...convolution, how } as Stage;
    const cell = { channel: 1, y: 1, x: 0 };
    expect(explain(stages, perPlace, cell, before, new Float32Array(8))).toMatchObject({ bias: 7 });
  });
});

describe('the explanation of the other stages', () => {
  it('finds the largest of a pooling window', () => {
    const pooling: Stage = {
      ...{ name: 'S', value: 's', channels: 2, height: 1, width: 1, from: 0, signed: false },
      how: { kind: 'pooling', size: 2 },
    };
    const cell = { channel: 1, y: 0, x: 0 };
    expect(explain([input, pooling], pooling, cell, before, Float32Array.from([5, 50]))).toEqual({
      ...{ kind: 'pooling', value: 50, size: 2, window: [10, 20, 40, 50], chosen: 3 },
    });
  });

  it('says where a flattened value comes from', () => {
    const flatten: Stage = {
      ...{ name: 'flatten', value: '', channels: 18, height: 1, width: 1, from: 0, signed: false },
      how: { kind: 'flatten' },
    };
    const cell = { channel: 14, y: 0, x: 0 };
    expect(explain([input, flatten], flatten, cell, before, before)).toEqual({
      ...{ kind: 'flatten', value: 60, source: { channel: 1, y: 1, x: 2 } },
    });
  });

  it('lists the connections of a unit by what they add, and sums all of them', () => {
    const three: Stage = { ...input, channels: 3, height: 1, width: 1 };
    const dense: Stage = {
      ...{ name: 'F', value: 'f', channels: 2, height: 1, width: 1, from: 0, signed: true },
      how: {
        ...{ kind: 'dense', activation: 'scaledTanh' },
        weights: Float32Array.from([9, 1, 9, -4, 9, 2]), // of unit 1: 1, −4, 2
        bias: Float32Array.from([0, 0.25]),
      },
    };
    const values = Float32Array.from([0.5, 0.25, 0.125]);
    const explanation = explain(
      [three, dense],
      dense,
      { channel: 1, y: 0, x: 0 },
      values,
      Float32Array.from([0, 0]),
    );
    if (explanation.kind !== 'dense') throw new Error(explanation.kind);
    expect(explanation.connections.map(({ source, product }) => [source, product])).toEqual([
      [1, -1],
      [0, 0.5],
      [2, 0.25],
    ]);
    expect(explanation.sum).toBe(-0.25);
    expect(explanation.result).toBe(0); // −0.25 + 0.25, and tanh(0)
  });
});

describe('the steps of the softmax', () => {
  it('takes the largest off, and makes shares of one', () => {
    const { largest, exponentials, sum, probabilities } = softmaxSteps([
      Math.log(1) + 1000,
      Math.log(3) + 1000,
    ]);
    expect(largest).toBeCloseTo(1000 + Math.log(3), 10);
    expect(exponentials[0]).toBeCloseTo(1 / 3, 10);
    expect(sum).toBeCloseTo(4 / 3, 10);
    expect(probabilities[0]).toBeCloseTo(0.25, 10);
    expect(probabilities[1]).toBeCloseTo(0.75, 10);
  });
});
