/** The page's graphs on the `cpu` backend, against numbers worked out by hand and plain loops. */

import { describe, expect, test } from 'vitest';
import { type Fill, outputSize, padMap, tapsAt } from '../../../../demo/lib/window.ts';
import { activations } from '../../../../demo/pages/convolution/activations.ts';
import {
  activatedGraph,
  convolutionGraph,
  curvesGraph,
  layersGraph,
  pairGraph,
  productGraph,
} from '../../../../demo/pages/convolution/graphs.ts';
import { poolingGraph } from '../../../../demo/pages/pooling/graph.ts';
import { type Graph, InferenceSession, Tensor } from '../../../../src/index.ts';

async function run(graph: Graph, feeds: Readonly<Record<string, readonly number[]>>) {
  const session = await InferenceSession.create(graph, { backend: 'cpu' });
  const tensors = session.inputs.map(({ name, dims }): [string, Tensor] => [
    name,
    new Tensor('float32', Float32Array.from(feeds[name] ?? []), dims as number[]),
  ]);
  const outputs = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { dims, data: Array.from(data as Float32Array) },
    ]),
  );
}

const plain = { kernel: 3, stride: 1, dilation: 1, padding: 'none', amount: 0 } as const;
const counting = (length: number) => Array.from({ length }, (_, at) => (at * 37) % 101);

describe('convolution', () => {
  const settings = [
    { ...plain, fill: 'constant' },
    { ...plain, kernel: 2, stride: 3, padding: 'same', fill: 'constant' },
    { ...plain, dilation: 2, padding: 'explicit', amount: 3, fill: 'reflect' },
    { ...plain, kernel: 4, stride: 2, padding: 'same', fill: 'replicate' },
  ] as const;

  test.each(settings)('of %o is the sum of the window’s products', async (setting) => {
    const [width, height] = [7, 6];
    const picture = counting(width * height);
    const weights = Array.from({ length: setting.kernel ** 2 }, (_, at) => at - 3);
    const graph = await convolutionGraph({ ...setting, channels: 1, width, height });
    const { map } = await run(graph, { picture, weights, value: [5] });
    const padded = padMap(picture, width, height, { ...setting, value: 5 });
    const [across, down] = [outputSize(width, setting), outputSize(height, setting)];
    const sums = Array.from({ length: across * down }, (_, at) => {
      const place = { x: at % across, y: Math.floor(at / across) };
      return tapsAt(padded, weights, place, setting).reduce((sum, tap) => sum + tap.product, 0);
    });
    expect(map).toEqual({ dims: [1, 1, down, across], data: sums });
  });

  test('of three channels is the sum of three maps', async () => {
    const shape = { ...plain, kernel: 1, fill: 'constant' as Fill, channels: 3 };
    const graph = await convolutionGraph({ ...shape, width: 2, height: 1 });
    const outputs = await run(graph, { picture: [1, 2, 3, 4, 5, 6], weights: [1, 10, 100] });
    expect(outputs.parts?.data).toEqual([1, 2, 30, 40, 500, 600]);
    expect(outputs.map?.data).toEqual([531, 642]);
  });

  test('is activated in units of a white pixel', async () => {
    const shape = { ...plain, kernel: 1, fill: 'constant' as Fill, channels: 1 };
    const graph = await activatedGraph({ ...shape, width: 2, height: 1 }, 'leakyRelu');
    const { before, after } = await run(graph, { picture: [255, 51], weights: [-2] });
    expect(before?.data).toEqual([-2, expect.closeTo(-0.4, 6)]);
    expect(after?.data).toEqual([expect.closeTo(-0.2, 6), expect.closeTo(-0.04, 6)]);
  });
});

test('every curve goes through what a table says of it', async () => {
  const curves = await run(await curvesGraph(3), { x: [-1, 0, 2] });
  const points: Record<string, readonly number[]> = {
    identity: [-1, 0, 2],
    relu: [0, 0, 2],
    leakyRelu: [-0.1, 0, 2],
    elu: [-0.632121, 0, 2],
    sigmoid: [0.268941, 0.5, 0.880797],
    hardSigmoid: [0.3, 0.5, 0.9],
    tanh: [-0.761594, 0, 0.964028],
    scaledTanh: [-0.999997, 0, 1.492939],
    softplus: [0.313262, Math.LN2, 2.126928],
    softsign: [-0.5, 0, 0.666667],
    swish: [-0.268941, 0, 1.761594],
    gelu: [-0.158655, 0, 1.9545],
    mish: [-0.303401, 0, 1.943959],
  };
  expect(Object.keys(points)).toEqual(Object.keys(activations));
  for (const [id, expected] of Object.entries(points)) {
    for (const [at, value] of expected.entries()) {
      expect(curves[id]?.data[at], `${id} at ${at}`).toBeCloseTo(value, 4);
    }
  }
});

test('layers without padding shrink, and see border pixels less often', async () => {
  const ones = new Array<number>(9).fill(1);
  const graph = await layersGraph(5, 3, 2);
  const outputs = await run(graph, { picture: new Array(25).fill(1), weights: ones, ones });
  expect(outputs.bare1?.dims).toEqual([1, 1, 3, 3]);
  expect(outputs.bare2).toEqual({ dims: [1, 1, 1, 1], data: [81] });
  expect(outputs.padded2?.dims).toEqual([1, 1, 5, 5]);
  // Zeros count as nothing: 2 × 2 pixels in the corner.
  expect(outputs.padded1?.data[0]).toBe(4);
  // [1 2 3 2 1] ways along each axis.
  expect(outputs.bareSeen?.data.slice(0, 10)).toEqual([1, 2, 3, 2, 1, 2, 4, 6, 4, 2]);
  // Along an axis of 5: one layer [2 3 3 3 2], two [5 8 9 8 5].
  expect(outputs.paddedSeen?.data.slice(0, 5)).toEqual([25, 40, 45, 40, 25]);
});

test('two layers and their composition agree until something is between them', async () => {
  const feeds = {
    picture: counting(36),
    first: [0, 0, 0, 0, -1, 0, 0, 0, 0],
    second: [0, 0, 0, 0, 2, 0, 0, 0, 0],
    whole: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  };
  expect((await run(await pairGraph(6, 6, false), feeds)).largest?.data).toEqual([0]);
  const { two, largest } = await run(await pairGraph(6, 6, true), feeds);
  expect(two?.data).toEqual([0, 0, 0, 0]);
  // Pixels 14, 15, 20, 21: 518, 555, 740, 777 modulo 101 are 13, 50, 33, 70.
  expect(largest?.data).toEqual([140]);
});

test('the patch matrix times the kernel is a row', async () => {
  const graph = await productGraph(2, 3);
  const { map } = await run(graph, { kernel: [10, 1], matrix: [1, 2, 3, 4, 5, 6] });
  expect(map?.data).toEqual([14, 25, 36]);
});

test('pooling keeps the largest, the mean and the smallest', async () => {
  const shape = { ...plain, kernel: 2, stride: 2, channels: 1, width: 4, height: 2 };
  const picture = [1, 2, 7, 5, 3, 4, 8, 0];
  const graph = await poolingGraph({ ...shape, countPads: false });
  const { max, average, min } = await run(graph, { picture });
  expect(max?.data).toEqual([4, 8]);
  expect(average?.data).toEqual([2.5, 5]);
  expect(min?.data).toEqual([1, 0]);
});

test('the average counts padded cells when asked to', async () => {
  const shape = { ...plain, stride: 2, channels: 1, width: 2, height: 2, padding: 'same' } as const;
  const picture = [1, 2, 3, 6];
  const without = await run(await poolingGraph({ ...shape, countPads: false }), { picture });
  const counted = await run(await poolingGraph({ ...shape, countPads: true }), { picture });
  expect(without.average?.data).toEqual([3]);
  expect(counted.average?.data).toEqual([expect.closeTo(12 / 9, 6)]);
  expect(without.min?.data).toEqual([1]);
});
