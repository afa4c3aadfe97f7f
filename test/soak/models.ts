/** The models of the soak: networks of layers whose sizes are free, and the files that are there. */

import { type NetProblem, nets } from '../../bench/problems/nets.ts';
import { InferenceSession, type SessionOptions, Tensor } from '../../src/index.ts';
import {
  averagePooling2d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  minPooling2d,
  sequential,
} from '../../src/layers/index.ts';
import { uniform } from '../support/random.ts';

export interface SoakModel {
  readonly name: string;
  create(options: SessionOptions): Promise<InferenceSession>;
  /** Shapes of the first input that a run may have. */
  readonly shapes: readonly (readonly number[])[];
}

/** What a run of a model with one of its shapes is fed: the same numbers for the same shape. */
export function feedsOf(session: InferenceSession, dims: readonly number[]) {
  const name = session.inputNames[0] as string;
  const values = uniform(
    dims,
    dims.reduce((sum, dim) => sum * 31 + dim, 7),
  );
  return { [name]: new Tensor(values.type, new Float32Array(values.bytes.slice().buffer), dims) };
}

/** @param paths network files that the server has */
export function soakModels(paths: readonly string[]): SoakModel[] {
  const files = nets.filter(
    ({ name, path }) => path && paths.includes(path) && !/batch/.test(name),
  );
  return [mixed, upscaling, ...files.map(fromFile)];
}

function fromFile({ name, input: { dims }, model }: NetProblem): SoakModel {
  const anyBatch = nets.some((other) => other.name === `${name}, batch 8`);
  const batches = anyBatch ? [1, 2, 3] : [1];
  return {
    name,
    shapes: batches.map((batch) => [batch, ...dims.slice(1)]),
    create: async (options) => InferenceSession.create(await model(), options),
  };
}

/** Every kind of convolution and pooling, for pictures of any batch. */
const mixed: SoakModel = {
  name: 'convolutions and poolings',
  shapes: [1, 2, 3, 4, 5, 6, 7, 8].map((batch) => [batch, 40, 40, 3]),
  create: async (options) => {
    const network = sequential([
      conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [40, 40, 3] }),
      depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
      minPooling2d({ poolSize: 2 }),
      conv2d({ filters: 24, kernelSize: 1, activation: 'relu6' }),
      averagePooling2d({ poolSize: 3, strides: 2 }),
      conv2d({ filters: 8, kernelSize: 3, groups: 4 }),
    ]);
    return InferenceSession.create(await network.toGraph(), options);
  },
};

const upscaling: SoakModel = {
  name: 'transposed convolution',
  shapes: [1, 2, 3, 4, 5].map((batch) => [batch, 24, 32, 4]),
  create: async (options) => {
    const network = sequential([
      conv2dTranspose({ filters: 8, kernelSize: 4, strides: 2, inputShape: [24, 32, 4] }),
      conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'sigmoid' }),
    ]);
    return InferenceSession.create(await network.toGraph(), options);
  },
};
