/** Models of layers: values worked out by hand, names, summaries and errors. */

import { describe, expect, it } from 'vitest';
import { InferenceSession, Tensor } from '../../../src/index.ts';
import {
  activation,
  add,
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  type LayersModel,
  maxPooling2d,
  minPooling2d,
  model,
  sequential,
} from '../../../src/layers/index.ts';

async function run(
  net: LayersModel,
  ...fed: readonly (readonly [dims: readonly number[], values: readonly number[]])[]
): Promise<{ dims: readonly number[]; values: number[] }[]> {
  const session = await InferenceSession.create(await net.toGraph(), { backend: 'cpu' });
  const feeds = session.inputNames.map((name, index) => {
    const [dims, values] = fed[index] ?? [[], []];
    return [name, new Tensor('float32', Float32Array.from(values), dims)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.dispose();
  return session.outputNames.map((name) => {
    const { dims, data } = results[name] as Tensor;
    return { dims, values: Array.from(data as Float32Array) };
  });
}

const threeByThree = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('values worked out by hand', () => {
  it('convolves, adds the bias and cuts below zero', async () => {
    const net = sequential([
      conv2d({ inputShape: [3, 3, 1], filters: 2, kernelSize: 2, activation: 'relu' }),
    ]);
    // [2, 2, 1, 2]: the first filter sums a window, the second takes its end from its beginning.
    net.setWeights([Float32Array.of(1, 1, 1, 0, 1, 0, 1, -1), Float32Array.of(-20, 5)]);
    const [y] = await run(net, [[1, 3, 3, 1], threeByThree]);
    expect(y?.dims).toEqual([1, 2, 2, 2]);
    // Sums are 12, 16, 24, 28; the differences are -4 throughout.
    expect(y?.values).toEqual([0, 1, 0, 1, 4, 1, 8, 1]);
  });

  it('flattens in the order height, width, channels, whatever the graph does inside', async () => {
    const net = sequential([
      conv2d({ inputShape: [1, 2, 1], filters: 2, kernelSize: 1, useBias: false }),
      flatten(),
      dense({ units: 1, useBias: false }),
    ]);
    // Pixels 1 and 2 become (1, 10) and (2, 20): flattened 1, 10, 2, 20.
    net.setWeights([Float32Array.of(1, 10), Float32Array.of(1, 2, 3, 4)]);
    const [y] = await run(net, [
      [1, 1, 2, 1],
      [1, 2],
    ]);
    expect(y?.values).toEqual([1 + 20 + 6 + 80]);
    const graph = await net.toGraph();
    expect(graph.nodes.map(({ op }) => op)).not.toContain('Transpose');
  });

  it.each([
    ['max', maxPooling2d, [5, 6, 8, 9]],
    ['min', minPooling2d, [1, 3, 7, 9]],
    // Padding is at the end and no part of an average.
    ['average', averagePooling2d, [3, 4.5, 7.5, 9]],
  ] as const)("pools the %s with padding 'same'", async (_, pooling, expected) => {
    const net = sequential([pooling({ inputShape: [3, 3, 1], padding: 'same' })]);
    const [y] = await run(net, [[1, 3, 3, 1], threeByThree]);
    expect(y?.dims).toEqual([1, 2, 2, 1]);
    expect(y?.values).toEqual(expected);
  });

  it('computes the scaled tanh, which is 1 at 1', async () => {
    const net = sequential([activation({ activation: 'scaledTanh', inputShape: [2] })]);
    const [y] = await run(net, [
      [1, 2],
      [1, -1],
    ]);
    expect(y?.values[0]).toBeCloseTo(1, 4);
    expect(y?.values[1]).toBeCloseTo(-1, 4);
  });

  it('has a bias of its own for every unit', async () => {
    const net = sequential([
      conv2d({
        ...{ inputShape: [2, 1, 1], filters: 2, kernelSize: 1, biasPerPosition: true },
      }),
    ]);
    expect(net.weights.map(({ shape }) => shape)).toEqual([
      [1, 1, 1, 2],
      [2, 1, 2],
    ]);
    net.setWeights([Float32Array.of(1, 1), Float32Array.of(1, 2, 3, 4)]);
    const [y] = await run(net, [
      [1, 2, 1, 1],
      [10, 20],
    ]);
    expect(y?.values).toEqual([11, 12, 23, 24]);
  });

  it('connects filters to the channels that a table names', async () => {
    const net = sequential([
      conv2d({
        ...{ inputShape: [1, 1, 3], filters: 2, kernelSize: 1, useBias: false },
        connections: [
          [0, 2],
          [2, 1],
        ],
      }),
    ]);
    expect(net.countParams()).toBe(4);
    // [1, 1, seen, filters]: the first filter 1·x0 + 3·x2, the second 2·x2 + 4·x1.
    net.setWeights([Float32Array.of(1, 2, 3, 4)]);
    const [y] = await run(net, [
      [1, 1, 1, 3],
      [1, 10, 100],
    ]);
    expect(y?.values).toEqual([301, 240]);
  });

  it('pads with a value of its own', async () => {
    const net = sequential([
      conv2d({
        ...{ inputShape: [1, 1, 1], filters: 1, kernelSize: 3, useBias: false },
        ...{ padding: 'same', paddingValue: -1 },
      }),
    ]);
    net.setWeights([new Float32Array(9).fill(1)]);
    const [y] = await run(net, [[1, 1, 1, 1], [5]]);
    expect(y?.values).toEqual([-3]);
  });
});

describe('functional models', () => {
  it('share a layer that is applied twice, and have several inputs and outputs', async () => {
    const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
    const shared = dense({ units: 1, name: 'shared' });
    const [left, right] = [shared.apply(a), shared.apply(b)];
    const net = model({ inputs: [a, b], outputs: [add().apply([left, right]), left] });
    net.setWeights({ 'shared/kernel': [1, 10], 'shared/bias': [100] });
    const graph = await net.toGraph();
    expect(graph.outputs).toEqual(['add', 'shared']);
    const [sum, own] = await run(
      net,
      [
        [1, 2],
        [1, 2],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    );
    expect(own?.values).toEqual([121]);
    expect(sum?.values).toEqual([121 + 143]);
  });

  it('give an input back as it is', async () => {
    const x = input({ shape: [2] });
    const net = model({ inputs: x, outputs: dropout({ rate: 0.5 }).apply(x) });
    const [y] = await run(net, [
      [1, 2],
      [3, 4],
    ]);
    expect(y?.values).toEqual([3, 4]);
  });

  it('have more layers one after another than calls fit on a stack', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `d${index}`);
    const x = input({ shape: [1] });
    const y = names.reduce((value, name) => dropout({ name, rate: 0 }).apply(value), x);
    const net = model({ inputs: x, outputs: y });
    expect(net.layers.slice(1).map(({ name }) => name)).toEqual(names);
    expect((await net.toGraph()).nodes).toHaveLength(1);
  });

  it('take images of any size', async () => {
    const x = input({ shape: [null, null, 1] });
    const y = conv2d({ filters: 1, kernelSize: 3, strides: 2, padding: 'same' }).apply(x);
    const net = model({ inputs: x, outputs: y });
    net.setWeights([new Float32Array(9).fill(1), [0]]);
    const graph = await net.toGraph();
    expect(graph.inputs[0]?.dims).toEqual(['N', 'height', 'width', 1]);
    const [small] = await run(net, [[1, 3, 3, 1], threeByThree]);
    expect(small?.values).toEqual([12, 16, 24, 28]);
    // Of an even size TensorFlow pads at the end only.
    const [even] = await run(net, [
      [1, 2, 2, 1],
      [1, 2, 3, 4],
    ]);
    expect(even?.values).toEqual([10]);
  });
});

describe('weights', () => {
  const net = () =>
    sequential([dense({ inputShape: [2], units: 2 }), batchNormalization()], { seed: 3 });

  it('are named and initialised as in Keras, the same for the same seed', () => {
    const weights = net().weights.map(({ name, shape }) => `${name} [${shape}]`);
    expect(weights).toEqual([
      'dense/kernel [2,2]',
      'dense/bias [2]',
      'batch_normalization/gamma [2]',
      'batch_normalization/beta [2]',
      'batch_normalization/moving_mean [2]',
      'batch_normalization/moving_variance [2]',
    ]);
    const values = (own: LayersModel) =>
      own.getWeights().map(({ data }) => Array.from(data as Float32Array));
    const [kernel = [], bias, gamma] = values(net());
    expect(values(net())[0]).toEqual(kernel);
    expect(new Set(kernel).size).toBe(4);
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 4));
    expect([bias, gamma]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const other = sequential([dense({ inputShape: [2], units: 2 })], { seed: 4 });
    expect(values(other)[0]).not.toEqual(kernel);
  });

  it('are refused by name where they do not fit, and then none is changed', () => {
    const own = net();
    const before = own.getWeights().map(({ data }) => data);
    expect(() => own.setWeights([[1]])).toThrow('the model has 6 weights, but 1 were given');
    const list = own.getWeights().map(({ data }) => data as Float32Array);
    expect(() => own.setWeights(list.with(0, Float32Array.of(7)))).toThrow(
      'the weight "dense/kernel" takes the shape [2, 2], not 1 elements',
    );
    const wrong = new Tensor('float32', new Float32Array(2), [1, 2]);
    expect(() => own.setWeights([list[0] as Float32Array, wrong, ...list.slice(2)])).toThrow(
      'the weight "dense/bias" takes the shape [2], not [1, 2]',
    );
    expect(() => own.setWeights({ kernel: [1] })).toThrow('the model has no weight "kernel"');
    expect(() => own.setWeights({ 'dense/kernel': [1, 2, 3, 4] })).toThrow(
      'the weight "dense/bias" is missing',
    );
    expect(own.getWeights().map(({ data }) => data)).toEqual(before);
  });
});

describe('what no types check', () => {
  const net = () => sequential([dense({ inputShape: [2], units: 1, name: 'd' })]);
  const pairs = [1, 2].map((value) => [value]);
  it.each<[string, () => unknown, string]>([
    ['no weights', () => net().setWeights(null as never), 'setWeights() takes a list'],
    [
      'lists in a list of numbers',
      () => net().setWeights([pairs, [0]] as never),
      'element 0 of the list for the weight "d/kernel" is a list',
    ],
    ['no model', () => model(undefined as never), 'model() takes { inputs, outputs }'],
    [
      'padding beyond 32 bits',
      () => conv2d({ filters: 1, kernelSize: 1, padding: 1e19 }),
      'padding must be less than 2³¹',
    ],
    ['a size beyond them', () => input({ shape: [1e300] }), 'the shape of "input"'],
    [
      'more weights than memory',
      () => sequential([dense({ inputShape: [2e9], units: 2e9 })]).getWeights(),
      'more than 2³⁰ elements',
    ],
  ])('is refused: %s', (_, make, message) => {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'WgconvError' });
    expect((error as Error).message).toContain(message);
  });
});

describe('errors name the layer', () => {
  const image = { inputShape: [4, 4, 3] } as const;
  it.each([
    [
      'a kernel too large',
      () => sequential([conv2d({ ...image, filters: 1, kernelSize: 5, name: 'big' })]),
      'layer "big" (Conv2D): its window is 5 high, but its input has only 4 there',
    ],
    [
      'channels that do not divide',
      () => sequential([conv2d({ ...image, filters: 4, kernelSize: 1, groups: 2 })]),
      'layer "conv2d" (Conv2D): its input has 3 channels, which do not divide into 2 groups',
    ],
    [
      'no input shape',
      () => sequential([flatten()]),
      'layer "flatten" (Flatten): as the first layer of a model it needs an inputShape',
    ],
    [
      'no image',
      () => sequential([dense({ inputShape: [4], units: 4 }), maxPooling2d()]),
      'layer "max_pooling2d" (MaxPooling2D): it takes images [height, width, channels], but its input has the shape [4]',
    ],
    [
      'an unknown option',
      () => conv2d({ filters: 1, kernelSize: 1, stride: 2 } as never),
      'there is no option of conv2d "stride"',
    ],
    [
      'an unknown activation',
      () => activation({ activation: 'rellu' as never }),
      'activation "rellu" is none of',
    ],
    [
      'a wrong number',
      () => dense({ units: 0 }),
      'layer "dense" (Dense): units must be an integer from 1, not 0',
    ],
    [
      'one tensor for two',
      () => add().apply(input({ shape: [1] })),
      'layer "add" (Add): it is applied to a list of two or more tensors, not to 1',
    ],
    [
      'a name twice',
      () => sequential([flatten({ ...image, name: 'a' }), dense({ units: 1, name: 'a' })]),
      'layer "a" (Dense): another layer of the model has this name',
    ],
    [
      'an input left out',
      () => {
        const [a, b] = [input({ shape: [1], name: 'a' }), input({ shape: [1], name: 'b' })];
        return model({ inputs: a, outputs: add().apply([a, b]) });
      },
      'the outputs need the input "b"',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
