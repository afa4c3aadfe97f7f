/// <reference types="vite/client" />
/** The smoke set in a worker: published cases, layers, digits, shapes that change, checks, reports, errors. */

import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import lenet5Url from '../../models/lenet5/lenet5.onnx?url&inline';
import lenet5Page from '../../models/lenet5/README.md?raw';
import { digitImage, loadDigits, PIXELS, splitDigits } from '../../scripts/digits/digits.ts';
import { type FeedsObject, Tensor } from '../../src/index.ts';
import { startWorker, WorkerSession } from '../../src/worker/index.ts';
import { layerCases, differences as layerDifferences } from '../support/layers/compare.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { differences, feedsOf, modelOf, parseCases } from '../support/published-values.ts';
import { tensorOf } from '../support/random.ts';
import { hasShared, sharedFile } from '../support/shared-file.ts';

// One worker and a session that stays open, so that all others share its device.
let worker: Worker;
let held: WorkerSession;
const gpu = { ceiling: 'assume' } as const;
beforeAll(async () => {
  worker = startWorker();
  held = await WorkerSession.create(lenet5Url, { worker, gpu });
});
afterAll(async () => {
  await held.dispose();
  worker.terminate();
});

const cases = hasShared
  ? parseCases(new TextDecoder().decode(await sharedFile('cases/cases.json')))
  : [];

describe.skipIf(!hasShared)('cases on which published engines go wrong', () => {
  it('has all of them', () => {
    expect(cases.length).toBe(32);
  });

  it.each(cases)('$name', async (testCase) => {
    for (const constantWeights of [true, false]) {
      const model = modelOf(testCase, constantWeights);
      const session = await WorkerSession.create(model, { worker, gpu });
      const outputs = await session.run(feedsOf(testCase, session.inputNames));
      expect(differences(testCase, outputs)).toEqual([]);
      await session.dispose();
    }
  });
});

describe('layers against TensorFlow.js', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(['conv2d', 'depthwiseConv2d', 'maxPooling2d', 'dense', 'batchNormalization', 'softmax'])(
    '%s',
    async (name) => {
      const maker = layerCases[name];
      if (!maker) throw new Error(`no layer ${name}`);
      const create = (graph: Parameters<typeof WorkerSession.create>[0]) =>
        WorkerSession.create(graph, { worker, gpu });
      expect(await layerDifferences(tf, name, maker, 'webgpu', { count: 4, create })).toEqual([]);
    },
  );
});

it('LeNet-5 knows as many of the held-out digits as its page says, in batches of any size', async () => {
  const digits = loadDigits();
  const { heldOut } = splitDigits(digits);
  let known = 0;
  const sizes = [1, 7, 292, 700];
  for (let from = 0, turn = 0; from < heldOut.length; turn++) {
    const batch = heldOut.subarray(from, from + (sizes[turn] ?? 1));
    const pictures = new Float32Array(batch.length * PIXELS);
    batch.forEach((index, at) => {
      pictures.set(digitImage(digits, index), at * PIXELS);
    });
    const feeds = {
      [held.inputNames[0] ?? '']: new Tensor('float32', pictures, [batch.length, 1, 28, 28]),
    };
    const { dims, data } = Object.values(await held.run(feeds))[0] as Tensor;
    expect(dims).toEqual([batch.length, 10]);
    batch.forEach((index, at) => {
      const row = Array.from((data as Float32Array).subarray(at * 10, at * 10 + 10));
      if (row.indexOf(Math.max(...row)) === digits.labels[index]) known++;
    });
    from += batch.length;
  }
  expect(lenet5Page).toContain(`of the 1,000 held-out digits (${known};`);
});

/** y = 2x + 1, z = relu(y); constants and x itself are outputs, too. */
const affine = encodeModel({
  nodes: [
    { op: 'Mul', name: 'double', inputs: ['x', 'two'], outputs: ['d'] },
    { op: 'Add', name: 'add', inputs: ['d', 'one'], outputs: ['y'] },
    { op: 'Relu', name: 'clip', inputs: ['y'], outputs: ['z'] },
  ],
  inputs: [{ name: 'x', dims: ['N'] }],
  outputs: ['z', 'y', 'one', 'x'],
  initializers: { one: tensorOf([1], [1]), two: tensorOf([1], [2]) },
});
const x = (...values: number[]): FeedsObject => ({ x: new Tensor('float32', values) });
const values = (tensors: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));

describe.each(['webgpu', 'cpu'] as const)('a session of the %s backend', (backend) => {
  const create = () =>
    WorkerSession.create(affine.slice(), { worker, backend, ...(backend === 'webgpu' && { gpu }) });

  it('says what it is', async () => {
    const session = await create();
    expect(session.inputNames).toEqual(['x']);
    expect(session.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['N'] }]);
    expect(session.outputNames).toEqual(['z', 'y', 'one', 'x']);
    expect(session.backend).toBe(backend);
    expect(session.device).toBeUndefined();
    expect(session.caps?.limits.storageBuffersPerStage).toEqual(
      backend === 'webgpu' ? expect.any(Number) : undefined,
    );
    await session.dispose();
  });

  it('answers overlapping runs in order, each for its own feeds', async () => {
    const session = await create();
    const data = Float32Array.of(0);
    const first = session.run({ x: new Tensor('float32', data) });
    data.fill(9); // the run has its own copy
    const all = await Promise.all([
      first,
      session.run(x(-3, 1)),
      session.run(x(2, 3, 4), { outputs: ['y'] }),
    ]);
    expect(all.map(values)).toEqual([
      { z: [1], y: [1], one: [1], x: [0] },
      { z: [0, 3], y: [-5, 3], one: [1], x: [-3, 1] },
      { y: [5, 7, 9] },
    ]);
    expect(all[2]?.y).toBeInstanceOf(Tensor);
    await session.dispose();
  });

  it('keeps its constants whole when they go out', async () => {
    const session = await create();
    for (let run = 0; run < 2; run++) {
      expect(values(await session.activations(x(4), ['two', 'd', 'x', 'one']))).toEqual({
        ...{ two: [2], d: [8], x: [4], one: [1] },
      });
      expect(values(await session.run(x(4)))).toEqual({ z: [9], y: [9], one: [1], x: [4] });
    }
    await session.dispose();
  });

  it('reports, profiles and prepares', async () => {
    const session = await create();
    await expect(session.report()).rejects.toMatchObject({ code: 'invalid-argument' });
    await session.prepare({ x: [3] });
    const report = await session.report();
    expect(report.backend).toBe(backend);
    expect(report.nodes.flatMap(({ name, originals }) => [name, ...originals])).toContain('clip');
    const profile = await session.profile(x(1, 2, 3), { runs: 1 });
    expect(profile.runs).toBe(1);
    expect(profile.trace().traceEvents[0]).toMatchObject({ args: { name: 'wgconv' } });
    expect(Object.keys(profile)).not.toContain('trace');
    expect(await session.tuning()).toBeUndefined();
    await session.dispose();
  });
});

it('every node of LeNet-5 is verified', async () => {
  const digit = digitImage(loadDigits(), 0);
  const feeds = { [held.inputNames[0] ?? '']: new Tensor('float32', digit, [1, 1, 28, 28]) };
  const report = await held.verify(feeds);
  expect(report.firstWrong).toBeUndefined();
  expect(report.identicalToRun).toBe(true);
  expect(report.passed).toBeGreaterThan(5);
});
