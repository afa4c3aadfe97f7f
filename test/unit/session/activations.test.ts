/** Values inside a model on the cpu backend, and what is said of names that it has not. */

import { describe, expect, it, test } from 'vitest';
import type { HostTensor, Tensor } from '../../../src/core/tensor.ts';
import { closestNames } from '../../../src/session/closest-names.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { expectActivations, tensorsOf } from '../../support/activations.ts';
import { activationCases, folded, withAllOutputs } from '../../support/cases/activations.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { runOnnxruntime } from '../../support/onnxruntime.ts';
import { numbers } from '../../support/single-node.ts';

it.each(activationCases)('reads every value of $name', async (testCase) => {
  await expectActivations(testCase, 'cpu');
});

it.each(activationCases)('onnxruntime agrees on the values of $name', async (testCase) => {
  for (const { feeds, values } of testCase.runs) {
    const theirs = await runOnnxruntime(withAllOutputs(testCase), feeds);
    for (const [name, want] of Object.entries(values)) {
      const got = theirs.get(name);
      expect([got?.type, got?.dims], name).toEqual([want.type, want.dims]);
      const elements = Array.from(got?.data as ArrayLike<number | bigint>, Number);
      expect(
        elements.map((value) => value + 0),
        name,
      ).toEqual(numbers(want));
    }
  }
});

describe('what is refused', () => {
  const created = InferenceSession.create(encodeModel(folded.model), { backend: 'cpu' });
  const [{ feeds }] = folded.runs as [(typeof folded.runs)[0]];

  it('a name that is no list', async () => {
    const reading = (await created).activations(tensorsOf(feeds), 'sums' as never);
    await expect(reading).rejects.toThrow('activations() takes a list of names, as ["sums"]');
  });

  it('names values that are like the one asked for', async () => {
    const session = await created;
    const reading = session.activations(tensorsOf(feeds), ['y', 'possitive']);
    await expect(reading).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'the model has no value "possitive"; such as it has are "positive"',
      value: 'possitive',
    });
  });

  it('names some values where none is like it', async () => {
    const session = await created;
    await expect(session.activations(tensorsOf(feeds), ['qqqqqqqq'])).rejects.toThrow(
      'the model has no value "qqqqqqqq"; such as it has are "sums", "normal", "gained"',
    );
  });

  it('knows its own option only, and checks feeds as run does', async () => {
    const session = await created;
    await expect(
      session.activations(tensorsOf(feeds), ['y'], { outputs: ['y'] } as object),
    ).rejects.toThrow('no option of activations() "outputs"');
    await expect(session.activations({}, ['y'])).rejects.toMatchObject({ code: 'missing-input' });
  });

  it('gives a copy of what was fed', async () => {
    const session = await created;
    const fed = tensorsOf(feeds);
    const { x } = (await session.activations(fed, ['x'])) as { x: Tensor };
    (x.data as Float32Array).fill(9);
    expect(fed.x?.data).toEqual(Float32Array.of(1, -2, 3, -4));
  });
});

test('what nobody reads is left out unless it is named', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['y'] },
      { op: 'Neg', inputs: ['x'], outputs: ['unread'] },
    ],
    inputs: [{ name: 'x', dims: [2] }],
    outputs: ['y'],
  });
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  const x = { type: 'float32', dims: [2], bytes: new Uint8Array(8) } as HostTensor;
  const feeds = tensorsOf({ x });
  expect(Object.keys(await session.activations(feeds))).toEqual(['y']);
  expect(Object.keys(await session.activations(feeds, ['unread']))).toEqual(['unread']);
  await session.dispose();
});

test('near names differ in few letters, or one is part of the other', () => {
  const names = ['conv1/relu', 'conv1/bias', 'conv12/relu', 'fc', 'Softmax'];
  expect(closestNames('conv1/rel', names)).toEqual(['conv1/relu', 'conv12/relu']);
  expect(closestNames('softmax_1', names)).toEqual(['Softmax']);
  expect(closestNames('relu', names)).toEqual(['conv1/relu', 'conv12/relu']);
  expect(closestNames('', names)).toEqual(['fc']);
  expect(closestNames('zzzzzzzz', names)).toEqual([]);
});
