/** Whole networks: LeNet-5, and those of the optional sibling folder `shared/`. */

import type { ProblemBase } from './problem.ts';

export interface NetProblem extends ProblemBase {
  readonly kind: 'net';
  /** From the repository's root. */
  readonly path: string;
}

/** Where the page asks for the models: the command answers it from the files. */
export const modelUrl = '/bench-models/';

export const nets: readonly NetProblem[] = [
  net('LeNet-5', 'models/lenet5/lenet5.onnx', 'input', [1, 1, 28, 28], 'probabilities'),
  net('MobileNet v1 0.25', '../shared/models/mobilenet-v1-0.25/model.onnx', 'input', [
    ...[1, 3, 128, 128],
  ]),
  net('MobileNet v2', '../shared/models/mobilenet-v2/model.onnx', 'input', [1, 3, 224, 224]),
  net(
    'SqueezeNet 1.1',
    '../shared/models/squeezenet1.1/model.onnx',
    'data',
    [1, 3, 227, 227],
    'prob',
  ),
  net('super-resolution', '../shared/models/super-resolution-10/model.onnx', 'input', [
    ...[1, 1, 224, 224],
  ]),
];

function net(
  name: string,
  path: string,
  input: string,
  dims: readonly number[],
  output = 'output',
): NetProblem {
  return {
    kind: 'net',
    name,
    path,
    macs: 0,
    input: { name: input, dims },
    output,
    model: async () => {
      const response = await fetch(`${modelUrl}${encodeURIComponent(name)}`);
      if (!response.ok) throw new Error(`${path} is not there`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
