/** wgconv and onnxruntime-web in the page: each runs a whole model on all data sets of a case. */

import type { CaseInputs, NamedTensor } from '../../src/cli/engine.ts';
import { SessionEngine } from '../../src/cli/session-engine.ts';
import { viewBytes } from '../../src/core/dtype.ts';
import { WgconvError } from '../../src/core/errors.ts';
import { elementsOf } from '../../src/core/tensor.ts';
import { version } from '../../src/index.ts';
import type { PageAnswer } from './judge.ts';

export interface PageEngine {
  readonly version: string;
  run(model: Uint8Array, sets: readonly CaseInputs[]): Promise<PageAnswer>;
}

export async function wgconvEngine(backend: 'webgpu' | 'cpu'): Promise<PageEngine> {
  const engine = new SessionEngine({ backend });
  await engine.device();
  return {
    version,
    async run(bytes, sets) {
      try {
        return await engine.runCase({ bytes, externalData: [] }, sets, {});
      } catch (error) {
        const unsupported =
          error instanceof WgconvError &&
          (error.code === 'unsupported-operator' || error.code === 'unsupported-type');
        return { error: String(error), unsupported };
      }
    },
  };
}

type Onnxruntime = typeof import('onnxruntime-web');

export async function onnxruntimeEngine(provider: 'webgpu' | 'wasm'): Promise<PageEngine> {
  const ort = (await (provider === 'webgpu'
    ? import('onnxruntime-web/webgpu')
    : import('onnxruntime-web/wasm'))) as unknown as Onnxruntime;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  const open = (model: Uint8Array, alone: boolean) =>
    ort.InferenceSession.create(model, {
      executionProviders: [provider],
      logSeverityLevel: 4,
      // Refuses models of which the provider does not take every node.
      ...(alone ? { extra: { session: { disable_cpu_ep_fallback: '1' } } } : {}),
    });
  const openOn = async (model: Uint8Array) => {
    if (provider === 'wasm') return { session: await open(model, false), ranOn: 'cpu' };
    const alone = await open(model, true).catch(() => undefined);
    if (alone) return { session: alone, ranOn: 'gpu' };
    return { session: await open(model, false), ranOn: 'host' };
  };
  return {
    version: ort.env.versions.web ?? '',
    async run(model, sets) {
      try {
        const { session, ranOn } = await openOn(model);
        try {
          const outputs: NamedTensor[][] = [];
          for (const inputs of sets) {
            const feeds = inputs.map((input, index) => [
              nameOf(session.inputNames, inputs, index),
              new ort.Tensor(input.type as never, ownElements(input) as never, input.dims),
            ]);
            const results = await session.run(Object.fromEntries(feeds));
            outputs.push(session.outputNames.map((name) => named(name, results[name])));
          }
          return { outputs, ranOn };
        } finally {
          await session.release();
        }
      } catch (error) {
        return { error: String(error instanceof Error ? error.message : error) };
      }
    },
  };
}

function nameOf(names: readonly string[], inputs: CaseInputs, index: number): string | undefined {
  const byName = inputs.every(({ name }) => names.includes(name));
  return byName ? inputs[index]?.name : names[index];
}

/** The page's own array for float16, where it has one, is what onnxruntime wants. */
function ownElements(tensor: NamedTensor): unknown {
  const elements = elementsOf(tensor);
  const Half = (globalThis as { Float16Array?: new (buffer: ArrayBufferLike) => unknown })
    .Float16Array;
  return tensor.type === 'float16' && Half ? new Half(elements.slice().buffer) : elements;
}

function named(name: string, tensor: import('onnxruntime-web').Tensor | undefined): NamedTensor {
  if (!tensor) throw new Error(`the output "${name}" is missing`);
  const bytes = viewBytes(tensor.data as never).slice();
  return { name, type: tensor.type as NamedTensor['type'], dims: [...tensor.dims], bytes };
}
