/** Reads the values inside models on a backend and holds them against those worked out by hand. */

import { expect } from 'vitest';
import { elementsOf, type HostTensor, Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import type { ActivationCase } from './cases/activations.ts';
import { encodeModel } from './onnx-writer.ts';

export function tensorsOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      new Tensor(tensor.type, elementsOf(tensor), tensor.dims),
    ]),
  );
}

/** The same names, types, dims and elements. */
export async function expectValues(
  got: Readonly<Record<string, Tensor>>,
  wanted: Readonly<Record<string, HostTensor>>,
): Promise<void> {
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(wanted).toSorted());
  for (const [name, want] of Object.entries(wanted)) {
    const tensor = got[name] as Tensor;
    expect([tensor.type, tensor.dims], name).toEqual([want.type, want.dims]);
    const elements = Array.from((await tensor.getData()) as ArrayLike<number | bigint>, Number);
    const expected = Array.from(elementsOf(want) as ArrayLike<number | bigint>, Number);
    // Zeros are equal whatever their sign.
    expect(
      elements.map((value) => value + 0),
      name,
    ).toEqual(expected);
  }
}

/** All values at once, each alone, and some of them, for all feeds; `run` is the same afterwards. */
export async function expectActivations(
  { model, runs }: ActivationCase,
  backend: 'webgpu' | 'cpu',
): Promise<void> {
  const session = await InferenceSession.create(encodeModel(model), { backend });
  const [output = ''] = session.outputNames;
  for (const { feeds, values } of runs) {
    await expectValues(await session.activations(tensorsOf(feeds)), values);
  }
  for (const { feeds, values } of runs) {
    const fed = tensorsOf(feeds);
    for (const [name, value] of Object.entries(values)) {
      await expectValues(await session.activations(fed, [name]), { [name]: value });
    }
    await expectValues(await session.run(fed), { [output]: values[output] as HostTensor });
    // Inputs and weights are values, too.
    const [[input = '', tensor] = []] = Object.entries(feeds);
    const [[weight = '', constant] = []] = Object.entries(model.initializers ?? {});
    await expectValues(await session.activations(fed, [input, output, weight]), {
      [input]: tensor as HostTensor,
      [output]: values[output] as HostTensor,
      [weight]: constant as HostTensor,
    });
  }
  await session.dispose();
}
