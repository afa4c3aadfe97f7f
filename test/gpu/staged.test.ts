/** Models with data-dependent shapes on the GPU, run with different counts, empty results too. */

import { expect, test } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { optimise } from '../../src/passes/index.ts';
import { Plans } from '../../src/session/plans.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { WeightStore } from '../../src/session/weights.ts';
import { stagedCases } from '../support/cases/staged.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { tensorOf } from '../support/random.ts';
import { expectStagedAgrees } from '../support/staged.ts';

test.each(stagedCases)('$name, as the cpu backend', async (testCase) => {
  const reference = await InferenceSession.create(testCase.model, { backend: 'cpu' });
  await expectStagedAgrees(testCase, 'webgpu', (feeds) => reference.run(feeds));
  await reference.dispose();
});

test('outputs may stay on the GPU', async () => {
  const [detector] = stagedCases;
  if (!detector) throw new Error('no case');
  const session = await InferenceSession.create(detector.model);
  const feeds = Object.fromEntries(
    Object.entries(detector.feeds[0] ?? {}).map(([name, fed]) => [
      name,
      new Tensor(fed.type, elementsOf(fed), fed.dims),
    ]),
  );
  const here = await session.run(feeds);
  const there = await session.run(feeds, { location: 'gpu-buffer', outputs: ['y', 'scores'] });
  expect(Object.keys(there)).toEqual(['y', 'scores']);
  for (const [name, tensor] of Object.entries(there)) {
    expect(tensor.location).toBe('gpu-buffer');
    expect(await tensor.getData()).toEqual(here[name]?.data);
  }
  await session.dispose();
});

test('an algorithm may be forced that only one stage offers, and none that no stage does', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['c'] },
      { op: 'NonZero', name: 'nonzero', inputs: ['c'], outputs: ['places'] },
      { op: 'Cast', name: 'cast', inputs: ['places'], outputs: ['p'], attributes: { to: 1 } },
      { op: 'Relu', name: 'relu', inputs: ['p'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 1, 4, 4] }],
    outputs: ['y'],
    initializers: { w: tensorOf([1, 1, 1, 1], [1]) },
  });
  const x = new Tensor('float32', new Float32Array(16).fill(1), [1, 1, 4, 4]);
  const run = async (algorithm: string | Record<string, string>) => {
    const session = await InferenceSession.create(model, { algorithm });
    try {
      await session.run({ x });
      return session.report().nodes.find(({ name }) => name === 'conv')?.algorithm;
    } finally {
      await session.dispose();
    }
  };
  expect(await run('conv_direct')).toMatch(/^conv_direct/);
  expect(await run({ conv: 'conv_direct' })).toMatch(/^conv_direct/);
  await expect(run('fast')).rejects.toThrow('no node of any stage offers the algorithm "fast"');
  await expect(run({ cnov: 'conv_direct' })).rejects.toThrow('no node called "cnov" of any stage');
});

test('plans for ever new shapes leave nothing behind', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
      { op: 'Sub', inputs: ['zeros', 'x'], outputs: ['z'] },
      { op: 'Add', inputs: ['z', 'one'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: ['N'] }],
    outputs: ['y'],
    initializers: { one: tensorOf([1], [1]) },
  });
  const { device, liveBytes } = await countingDevice();
  const context = await GpuContext.create({ device, ceiling: 'assume' });
  const weights = new WeightStore(context);
  const graph = await optimise(await readOnnxModel(model));
  const plans = new Plans(graph, { tune: 'off' }, { context, weights });
  const run = async (size: number) => {
    const x = new Tensor('float32', new Float32Array(size).fill(2), [size]);
    const { executable } = await plans.compileFor(new Map([['x', x]]));
    const y = (await executable.run(new Map([['x', x]]), {})).get('y');
    expect(y?.data).toEqual(new Float32Array(size).fill(-1));
    return liveBytes();
  };
  // Four plans are kept.
  for (const size of [64, 65, 66, 67]) await run(size);
  const full = await run(68);
  for (let size = 69; size < 80; size++) expect(await run(size)).toBeLessThan(1.5 * full);
  expect(await run(64)).toBeLessThan(1.5 * full);
  await plans.dispose();
  weights.dispose();
  expect(liveBytes()).toBe(0);
  context.dispose();
  device.destroy();
});

test('the report of a model that is cut says how float16 is stored', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
      { op: 'NonZero', inputs: ['positive'], outputs: ['places'] },
      { op: 'Neg', inputs: ['positive'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float16', dims: [4] }],
    outputs: ['places', 'y'],
  });
  const session = await InferenceSession.create(model);
  const stored = session.caps?.f16 ? 'stored as float16' : 'stored as float32';
  expect(session.report().float16).toBe(stored);
  await session.dispose();
});
