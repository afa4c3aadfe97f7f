/** onnxruntime on the CPU, as a second opinion. */

import * as ort from 'onnxruntime-web';
import { expect } from 'vitest';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';

/** What onnxruntime computes, by the names of the outputs. Types are named alike there. */
export async function runOnnxruntime(
  model: Uint8Array,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<Map<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  const tensors = Object.entries(feeds).map(([name, tensor]) => [
    name,
    new ort.Tensor(tensor.type as 'float32', elementsOf(tensor) as Float32Array, tensor.dims),
  ]);
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return new Map(Object.entries(outputs));
}

/** The model's output `Y` has these dims and, within 1e-5, these values. */
export async function expectOnnxruntimeAgrees(
  model: Uint8Array,
  feeds: Readonly<Record<string, HostTensor>>,
  { dims, value }: { readonly dims: readonly number[]; readonly value: readonly number[] },
): Promise<void> {
  const Y = (await runOnnxruntime(model, feeds)).get('Y');
  if (!Y) throw new Error('no Y');
  expect(dims).toEqual([...Y.dims]);
  (Y.data as Float32Array).forEach((want, index) => {
    expect(Math.abs((value[index] as number) - want), `[${index}]`).toBeLessThan(1e-5);
  });
}
