/** Whole networks: LeNet-5, those of the optional sibling folder `shared/`, and ResNet-50. */

import { type ProblemBase, readModel } from './problem.ts';
import { resnet50Dims, resnet50Model } from './resnet50.ts';

export interface NetProblem extends ProblemBase {
  readonly kind: 'net';
  /** From the repository's root; a network without one is made in place. */
  readonly path?: string | undefined;
}

interface NetFile {
  readonly name: string;
  readonly path: string;
  readonly input: string;
  readonly dims: readonly number[];
  readonly output?: string;
  /** The file's first dimension is symbolic. */
  readonly anyBatch?: boolean;
}

const files: readonly NetFile[] = [
  {
    ...{ name: 'LeNet-5', path: 'models/lenet5/lenet5.onnx', output: 'probabilities' },
    ...{ input: 'input', dims: [1, 1, 28, 28], anyBatch: true },
  },
  {
    ...{ name: 'MobileNet v1 0.25', path: '../shared/models/mobilenet-v1-0.25/model.onnx' },
    ...{ input: 'input', dims: [1, 3, 128, 128] },
  },
  {
    ...{ name: 'MobileNet v2', path: '../shared/models/mobilenet-v2/model.onnx' },
    ...{ input: 'input', dims: [1, 3, 224, 224] },
  },
  {
    ...{ name: 'SqueezeNet 1.1', path: '../shared/models/squeezenet1.1/model.onnx' },
    ...{ input: 'data', dims: [1, 3, 227, 227], output: 'prob' },
  },
  {
    ...{ name: 'super-resolution', path: '../shared/models/super-resolution-10/model.onnx' },
    ...{ input: 'input', dims: [1, 1, 224, 224], anyBatch: true },
  },
  {
    ...{ name: 'UltraFace', path: '../shared/models/ultraface-320/model.onnx' },
    ...{ input: 'input', dims: [1, 3, 240, 320], output: 'boxes' },
  },
  {
    ...{ name: 'portrait-prisma', path: '../shared/models/portrait-prisma/model.onnx' },
    ...{ input: 'input_3', dims: [1, 3, 256, 256], output: 'permute_2', anyBatch: true },
  },
];

/** Networks whose file says batch 1: they have no row for batch 8. */
export const fixedBatch: readonly string[] = files
  .filter(({ anyBatch }) => !anyBatch)
  .map(({ name }) => name);

export const nets: readonly NetProblem[] = [
  ...files.map((file) => fromFile(file, 1)),
  {
    kind: 'net',
    name: 'ResNet-50 (random weights)',
    macs: 0,
    input: { name: 'x', dims: resnet50Dims },
    output: 'y',
    model: resnet50Model,
  },
  ...files.filter(({ anyBatch }) => anyBatch).map((file) => fromFile(file, 8)),
];

function fromFile({ name, path, input, dims, output = 'output' }: NetFile, batch: 1 | 8) {
  return {
    kind: 'net',
    name: batch === 1 ? name : `${name}, batch ${batch}`,
    path,
    macs: 0,
    input: { name: input, dims: [batch, ...dims.slice(1)] },
    output,
    model: () => readModel(path),
  } as const;
}
