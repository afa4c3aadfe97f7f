/** The six filters that LeNet-5 learned in its first layer, read out of the shipped model. */

import modelUrl from '../../../models/lenet5/lenet5.onnx?url';
import { elementsOf } from '../../../src/core/tensor.ts';
import { InferenceSession } from '../../../src/index.ts';

/** Each 5×5, row by row. */
export async function learnedFilters(): Promise<readonly (readonly number[])[]> {
  const session = await InferenceSession.create(modelUrl, { backend: 'cpu' });
  const first = session.graph.nodes.find(({ op }) => op === 'Conv');
  const weights = session.graph.constants.get(first?.inputs[1] ?? '');
  await session.dispose();
  if (!weights) throw new Error('the model has no first convolution');
  const values = elementsOf(weights) as Float32Array;
  return Array.from({ length: weights.dims[0] as number }, (_, filter) =>
    Array.from(values.subarray(filter * 25, (filter + 1) * 25)),
  );
}
