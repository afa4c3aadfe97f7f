/**
 * Models that ask for what nobody has: each made wgconv hang, take gigabytes or throw an error without
 * a code once, and was found by `npm run fuzz:loader` or by hand. The limits of time are the tests' own.
 */

import { describe, expect, it } from 'vitest';
import { elementsOf } from '../../../src/core/tensor.ts';
import { readModel } from '../../../src/formats/read-model.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { optimise } from '../../../src/passes/index.ts';
import { planMemory } from '../../../src/plan/memory.ts';
import { loadAndPlan } from '../../support/load-and-plan.ts';
import { encodeModel, type ModelInput, type NodeInput } from '../../support/onnx-writer.ts';
import { tensorOf, uniform } from '../../support/random.ts';
import { computeNode } from '../../support/single-node.ts';

type More = Partial<Omit<ModelInput, 'nodes'>>;

/** One node from `x` (and constants) to `y`. */
function modelOf(node: Partial<NodeInput> & Pick<NodeInput, 'op'>, more: More = {}): ModelInput {
  return {
    nodes: [{ inputs: ['x'], outputs: ['y'], ...node }],
    inputs: [{ name: 'x', dims: [1, 4, 8, 8] }],
    outputs: ['y'],
    ...more,
  };
}

const errorOf = (model: ModelInput, caps = compatibilityCaps): Promise<unknown> =>
  loadAndPlan(model, caps).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a node', () => {
  it.each(['Relu', 'Conv', 'Concat', 'RoiAlign'])('%s without its input is refused', async (op) => {
    const counts = { Relu: 1, Conv: 2, Concat: 2, RoiAlign: 3 } as Record<string, number>;
    const inputs = ['', ...new Array<string>((counts[op] as number) - 1).fill('x')];
    const attributes = op === 'Concat' ? { axis: 0 } : {};
    expect(await errorOf(modelOf({ op, inputs, attributes }))).toMatchObject({
      code: 'invalid-model',
      message: `the node needs its input 0, which is left out (${op} node "${op}_0")`,
    });
  });

  it('Clip without its bounds is none of these', async () => {
    expect(await errorOf(modelOf({ op: 'Clip', inputs: ['x', '', ''] }))).toBeUndefined();
  });

  it('Neg of an unsigned type is refused: no shader has it', async () => {
    const inputs = [{ name: 'x', type: 'uint8', dims: [3] }] as const;
    const error = await errorOf(modelOf({ op: 'Neg' }, { inputs }));
    expect(error).toMatchObject({ code: 'unsupported-type', operator: 'Neg' });
  });

  it('Loop gives its body what that reads', async () => {
    const body = {
      nodes: [
        { op: 'Identity', inputs: ['go'], outputs: ['on'] },
        { op: 'Neg', inputs: ['v'], outputs: ['w'] },
      ],
      inputs: [{ name: 'turn' }, { name: 'go' }, { name: 'v' }],
      outputs: ['on', 'w'],
    };
    const attributes = { body: { graph: body } };
    const initializers = { n: tensorOf([], [2], 'int64') };
    const loop = (inputs: string[]) =>
      errorOf(modelOf({ op: 'Loop', inputs, attributes }, { initializers }));
    expect(await loop(['n', '', 'x'])).toBeUndefined();
    const error = await loop(['n', '', '']);
    expect(error).toMatchObject({ code: 'invalid-model', value: 'v' });
  });

  it('GlobalLpPool takes no integers, and TopK has a K', async () => {
    const inputs = [{ name: 'x', type: 'uint8', dims: [1, 2, 3] }] as const;
    const pool = await errorOf(modelOf({ op: 'GlobalLpPool' }, { inputs }));
    expect(pool).toMatchObject({ code: 'unsupported-type', operator: 'GlobalLpPool' });
    const attributes = { kernel_shape: [2] };
    const window = await errorOf(modelOf({ op: 'LpPool', attributes }, { inputs }));
    expect(window).toMatchObject({ code: 'unsupported-type', operator: 'LpPool' });
    const top = await errorOf(modelOf({ op: 'TopK', outputs: ['y', 'i'] }));
    expect(top).toMatchObject({ code: 'invalid-model', operator: 'TopK' });
  });

  it.each(['constructor', 'toString', '__proto__'])('GridSample has no mode "%s"', async (mode) => {
    const node = { op: 'GridSample', inputs: ['x', 'grid'], attributes: { mode } };
    const initializers = { grid: uniform([1, 2, 2, 2], 1) };
    const error = await errorOf(modelOf(node, { initializers, opset: 20 }));
    expect(error).toMatchObject({ code: 'invalid-attribute', operator: 'GridSample' });
  });

  it('RoiAlign takes no more samples than a device comes back from', async () => {
    const node = (sampling_ratio: number) =>
      modelOf(
        { op: 'RoiAlign', inputs: ['x', 'rois', 'images'], attributes: { sampling_ratio } },
        { initializers: { rois: uniform([1, 4], 1), images: tensorOf([1], [0], 'int64') } },
      );
    expect(await errorOf(node(2 ** 32))).toMatchObject({ code: 'invalid-attribute' });
    expect(await errorOf(node(4))).toBeUndefined();
  });

  it.each([2 ** 28, 2 ** 31, 10 ** 12])('Upsample of %d rows is refused', async (rows) => {
    const scales = tensorOf([4], [1, 1, 2, 2]);
    const node = { op: 'Upsample', inputs: ['x', 'scales'], attributes: { mode: 'linear' } };
    const inputs = [{ name: 'x', dims: [1, 1, rows, 2] }];
    const error = await errorOf(modelOf(node, { inputs, initializers: { scales }, opset: 9 }));
    expect(error).toMatchObject({ code: 'limit-exceeded' });
  });

  it.each(['ConvInteger', 'Einsum'])('%s of more than any device binds is refused', async (op) => {
    const integer = op === 'ConvInteger';
    const attributes = integer ? {} : { equation: 'abc,adb->abd' };
    const node = { op, inputs: ['x', 'w'], attributes };
    const x = integer
      ? ({ name: 'x', type: 'uint8', dims: [2 ** 40, 1, 7] } as const)
      : { name: 'x', dims: [1, 2, 2 ** 32 - 1] };
    const w = integer ? tensorOf([1, 1, 3], [1, 2, 3], 'int8') : uniform([1, 5, 2], 1);
    const error = await errorOf(modelOf(node, { inputs: [x], initializers: { w } }));
    expect(error).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('"x" takes'),
    });
  });

  it('Mul by a number is no list as long as its channels', async () => {
    const inputs = [{ name: 'x', dims: [1, 2 ** 28, 1, 1] }];
    const initializers = { w: tensorOf([1, 1, 1, 1], [2]) };
    const before = process.memoryUsage().rss;
    await errorOf(modelOf({ op: 'Mul', inputs: ['x', 'w'] }, { inputs, initializers }));
    // Two lists of 2 GiB would stay until they are collected.
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  });

  it('Conv of an image larger than memory is refused', async () => {
    const node = { op: 'Conv', inputs: ['x', 'w'], attributes: { pads: [1, 1, 1, 1] } };
    const inputs = [{ name: 'x', dims: [1, 4, 10 ** 6, 10 ** 6] }];
    const error = await errorOf(
      modelOf(node, { inputs, initializers: { w: uniform([4, 4, 3, 3], 1) } }),
    );
    expect(error).toMatchObject({ code: 'limit-exceeded' });
  });
});

describe('a pooling window far larger than its input', () => {
  const pool = (op: string, attributes: NodeInput['attributes']) =>
    computeNode({
      op,
      attributes: { kernel_shape: [1e9, 1e9], auto_pad: 'SAME_UPPER', ...attributes },
      inputs: [tensorOf([1, 1, 2, 2], [1, 2, 3, 6])],
    });

  it('is computed over what lies in the input', async () => {
    // Every window holds the whole image.
    expect((await pool('MaxPool', {}))[0]?.values).toEqual([6, 6, 6, 6]);
    expect((await pool('AveragePool', {}))[0]?.values).toEqual([3, 3, 3, 3]);
  });

  it('counts its padding, where that counts, without a walk through it', async () => {
    const [y] = await pool('AveragePool', { count_include_pad: 1 });
    // 10^18 taps: the sum 12 of them.
    for (const value of y?.values ?? [0]) expect(value).toBeCloseTo(12e-18, 22);
  });
});

describe('what constants ask for while a model is loaded', () => {
  const optimised = async (model: ModelInput) => optimise(await readModel(encodeModel(model)));
  const ops = async (model: ModelInput) => (await optimised(model)).nodes.map(({ op }) => op);

  it('is computed where it is little', async () => {
    const initializers = { s: tensorOf([2], [3, 5], 'int64') };
    const model = modelOf({ op: 'ConstantOfShape', inputs: ['s'] }, { inputs: [], initializers });
    const { nodes, constants } = await optimised(model);
    expect(nodes).toEqual([]);
    expect(elementsOf(constants.get('y') as never)).toEqual(new Float32Array(15));
  });

  it('is left to the run where it is a gigabyte', async () => {
    const initializers = { s: tensorOf([2], [2 ** 14, 2 ** 14], 'int64') };
    const node = { op: 'ConstantOfShape', inputs: ['s'] };
    expect(await ops(modelOf(node, { inputs: [], initializers }))).toEqual(['ConstantOfShape']);
  });

  it('is left to the run where it is an hour of multiplications', async () => {
    const initializers = { w: uniform([64, 64, 3, 3], 1), i: uniform([1, 64, 96, 96], 1) };
    const model = modelOf({ op: 'Conv', inputs: ['i', 'w'] }, { inputs: [], initializers });
    expect(await ops(model)).toEqual(['Conv']);
  });

  it('is little by little no more than at once', async () => {
    // Each makes 4 million elements, of which the budget allows some.
    const count = 40;
    const nodes = Array.from({ length: count }, (_, at) => ({
      ...{ op: 'ConstantOfShape', inputs: ['s'], outputs: [`y${at}`] },
    }));
    const initializers = { s: tensorOf([1], [2 ** 22], 'int64') };
    const outputs = nodes.map((node) => node.outputs[0] as string);
    const left = (await ops({ nodes, inputs: [], outputs, initializers })).length;
    expect(left).toBeGreaterThan(count - 10);
    expect(left).toBeLessThan(count);
  });

  it('is refused where a shape follows from it', async () => {
    const model = (size: number): ModelInput => ({
      nodes: [
        { op: 'Conv', inputs: ['i', 'w'], outputs: ['c'] },
        { op: 'ReduceMax', inputs: ['c'], outputs: ['r'], attributes: { keepdims: 0 } },
        { op: 'Cast', inputs: ['r'], outputs: ['n'], attributes: { to: 7 } },
        { op: 'Unsqueeze', inputs: ['n', 'axes'], outputs: ['s'] },
        { op: 'Expand', inputs: ['x', 's'], outputs: ['y'] },
      ],
      ...{ inputs: [{ name: 'x', dims: [1] }], outputs: ['y'] },
      initializers: {
        axes: tensorOf([1], [0], 'int64'),
        w: uniform([64, 64, 3, 3], 1),
        i: uniform([1, 64, size, size], 1),
      },
    });
    expect(await errorOf(model(4))).toBeUndefined();
    expect(await errorOf(model(96))).toMatchObject({ code: 'limit-exceeded', operator: 'Conv' });
  });
});

describe('very many nodes', () => {
  const chain = (length: number): ModelInput => ({
    nodes: Array.from({ length }, (_, at) => ({
      ...{ op: 'Add', inputs: [`v${at}`, `v${at}`], outputs: [`v${at + 1}`] },
    })),
    inputs: [],
    outputs: [`v${length}`],
  });

  it('in a chain to a shape are followed without recursion', { timeout: 120_000 }, async () => {
    const length = 10_000;
    const { nodes } = chain(length);
    const model: ModelInput = {
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['s'] },
        { op: 'Sub', inputs: ['s', 's'], outputs: ['v0'] },
        ...nodes,
        { op: 'Add', inputs: [`v${length}`, 's'], outputs: ['target'] },
        { op: 'Reshape', inputs: ['x', 'target'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: ['N', 2] }],
      outputs: ['y'],
    };
    const { plan } = await loadAndPlan(model);
    expect(plan.graph.nodes.length).toBeLessThan(5);
  });

  it('of one name get names of their own', async () => {
    const count = 30_000;
    const model: ModelInput = {
      nodes: Array.from({ length: count }, (_, at) => ({
        ...{ op: 'Relu', name: 'same', inputs: [at === 0 ? 'x' : `y${at - 1}`] },
        outputs: [`y${at}`],
      })),
      inputs: [{ name: 'x', dims: [1] }],
      outputs: ['y0'],
    };
    const { nodes } = await readModel(encodeModel(model));
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(count);
    expect(nodes.slice(0, 3).map(({ name }) => name)).toEqual(['same', 'same_2', 'same_3']);
  });

  it('that all live at once find their places', () => {
    const lifetimes = Array.from({ length: 3000 }, (_, at) => ({
      ...{ bytes: 256 + at, first: 0, last: 10 },
    }));
    const { buffers, placements } = planMemory(lifetimes);
    const places = new Set(placements.map(({ buffer, offset }) => `${buffer} ${offset}`));
    expect(places.size).toBe(3000);
    expect(buffers.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(
      lifetimes.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  });
});
