/** onnxruntime-web on the CPU: the third opinion. Its optimisations are off: fewer ways to be wrong. */

import type { DataType } from '../../src/core/dtype.ts';
import { viewBytes } from '../../src/core/dtype.ts';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';
import type { FuzzCase } from './draft.ts';

type Onnxruntime = typeof import('onnxruntime-web');

let loading: Promise<Onnxruntime> | undefined;

function load(): Promise<Onnxruntime> {
  loading ??= (async () => {
    // In Node the package's own entry is its WebAssembly.
    const ort =
      typeof document === 'undefined'
        ? await import('onnxruntime-web')
        : ((await import('onnxruntime-web/wasm')) as unknown as Onnxruntime);
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'fatal';
    return ort;
  })();
  return loading;
}

/** @throws what onnxruntime throws where it refuses the model. */
export async function runOnnxruntime({
  model,
  feeds,
}: Pick<FuzzCase, 'model' | 'feeds'>): Promise<Map<string, HostTensor>> {
  const ort = await load();
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
  });
  try {
    const fed = [...feeds].map(([name, tensor]) => [
      name,
      new ort.Tensor(tensor.type as never, elementsOf(tensor) as never, tensor.dims),
    ]);
    const outputs = await session.run(Object.fromEntries(fed));
    return new Map(
      Object.entries(outputs).map(([name, { type, dims, data }]) => {
        const bytes = viewBytes(data as never).slice();
        return [name, { type: type as DataType, dims: [...dims], bytes }];
      }),
    );
  } finally {
    await session.release();
  }
}
