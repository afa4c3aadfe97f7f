/** The 1989 zip-code network, built with the layers API, as stages. */

import { H2_CONNECTIONS } from '../../../models/zip1989/connections.ts';
import { ZIP_BACKGROUND, ZIP_SIZE, zipInput } from '../../../models/zip1989/input.ts';
import { zip1989 } from '../../../models/zip1989/network.ts';
import weightsUrl from '../../../models/zip1989/weights.safetensors?url';
import type { LayersModel } from '../../../src/layers/index.ts';
import { createSession } from '../../lib/engine.ts';
import { fetchBytes } from '../../lib/fetch-bytes.ts';
import type { Network } from './networks.ts';
import type { Convolution, Dense, Stage } from './stages.ts';

export async function loadZip1989(): Promise<Network> {
  const model = zip1989();
  model.loadSafetensors(await fetchBytes(weightsUrl));
  const session = await createSession(await model.toGraph());
  const stages = zip1989Stages(model);
  return {
    ...{ id: 'zip1989', session, stages, inputDims: [1, ZIP_SIZE, ZIP_SIZE, 1] },
    output: stages.length - 1,
    probabilities: '',
    prepare: (picture) => zipInput(picture).slice(),
  };
}

export function zip1989Stages(model: LayersModel): readonly Stage[] {
  const tensors = model.getWeights();
  const weights = (name: string): Float32Array => {
    const tensor = tensors[model.weights.findIndex((weight) => weight.name === name)];
    if (!tensor) throw new Error(`the zip-code network has no weight "${name}"`);
    return tensor.data as Float32Array;
  };
  const convolution = (
    name: string,
    connections: readonly (readonly number[])[],
    places: number,
  ): Convolution => ({
    ...{ kind: 'convolution', size: 5, stride: 2, padding: 2, paddingValue: ZIP_BACKGROUND },
    connections,
    // Keras's order is [places, seen, filters], of biases [places, filters].
    weights: reordered(weights(`${name}/kernel`), [25, connections[0]?.length ?? 0, 12], [2, 1, 0]),
    bias: reordered(weights(`${name}/bias`), [1, places, 12], [0, 2, 1]),
    activation: 'scaledTanh',
  });
  const h1 = convolution(
    'H1',
    Array.from({ length: 12 }, () => [0]),
    8 * 8,
  );
  const h2 = convolution('H2', H2_CONNECTIONS, 4 * 4);
  const dense = (name: string, kernel: Float32Array): Dense => ({
    ...{ kind: 'dense', activation: 'scaledTanh' },
    weights: kernel,
    bias: weights(`${name}/bias`),
  });
  // The page lists H2 map by map; the rows of the kernel go by place.
  const h3 = dense('H3', reordered(weights('H3/kernel'), [4 * 4, 12, 30], [1, 0, 2]));
  const output = dense('output', weights('output/kernel'));
  const maps = (channels: number, side: number) => ({ channels, height: side, width: side });
  const levels = [ZIP_BACKGROUND, 1] as const;
  const stages: Omit<Stage, 'from' | 'signed'>[] = [
    { name: 'input', value: 'H1_input', ...maps(1, 16), how: { kind: 'input' }, range: levels },
    { name: 'H1', value: 'H1', ...maps(12, 8), how: h1 },
    { name: 'H2', value: 'H2', ...maps(12, 4), how: h2 },
    { name: 'flatten', value: '', ...maps(192, 1), how: { kind: 'flatten' } },
    { name: 'H3', value: 'H3', ...maps(30, 1), how: h3 },
    { name: 'output', value: 'output', ...maps(10, 1), how: output },
  ];
  return stages.map((stage, at) => ({ ...stage, from: at - 1, signed: at > 0 }));
}

/** Elements of three axes with the axes in another order; `order[i]` is where axis i comes from. */
function reordered(
  values: Float32Array,
  dims: readonly [number, number, number],
  order: readonly [number, number, number],
): Float32Array {
  const strides = [dims[1] * dims[2], dims[2], 1];
  const [a, b, c] = order;
  const result = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < dims[a as 0]; i++) {
    for (let j = 0; j < dims[b as 0]; j++) {
      for (let k = 0; k < dims[c as 0]; k++, at++) {
        const from = i * (strides[a] ?? 0) + j * (strides[b] ?? 0) + k * (strides[c] ?? 0);
        result[at] = values[from] ?? 0;
      }
    }
  }
  return result;
}
