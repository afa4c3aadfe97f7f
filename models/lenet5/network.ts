/**
 * LeNet-5 with the layers API, and its weights from the ONNX file beside it: the same network, with
 * pictures and maps as [height, width, channels].
 */

import { elementsOf, type HostTensor, Tensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import {
  conv2d,
  dense,
  flatten,
  type LayersModel,
  maxPooling2d,
  sequential,
} from '../../src/layers/index.ts';
import { kernelFirst } from '../../src/layers/kernels.ts';

/** From `C1_input` [N, 28, 28, 1], values in 0..1, white on black, to `output` [N, 10]. */
export function lenet5(): LayersModel {
  const kernel = { kernelSize: 5, activation: 'relu' } as const;
  return sequential(
    [
      conv2d({ name: 'C1', inputShape: [28, 28, 1], filters: 6, padding: 'same', ...kernel }),
      maxPooling2d({ name: 'S2' }),
      conv2d({ name: 'C3', filters: 16, ...kernel }),
      maxPooling2d({ name: 'S4' }),
      conv2d({ name: 'C5', filters: 120, ...kernel }),
      flatten({ name: 'flatten' }),
      dense({ name: 'F6', units: 84, activation: 'relu' }),
      dense({ name: 'output', units: 10, activation: 'softmax' }),
    ],
    { name: 'lenet5' },
  );
}

/** What the ONNX file calls a weight: `C1/kernel` is `C1.weight` there. */
export function nameInOnnx(weight: string): string {
  return weight.replace('/kernel', '.weight').replace('/bias', '.bias');
}

/** Sets the weights from the bytes of lenet5.onnx. */
export async function loadLenet5(model: LayersModel, onnx: Uint8Array): Promise<void> {
  const { constants } = await readOnnxModel(onnx);
  const weights = model.weights.map(({ name, shape }) => {
    const stored = nameInOnnx(name);
    const tensor = constants.get(stored);
    if (!tensor) throw new Error(`the ONNX file has no tensor "${stored}"`);
    return shape.length === 4 ? channelsLast(tensor) : tensor;
  });
  model.setWeights(weights);
}

/** A filter [out, in, height, width] as [height, width, in, out]. */
function channelsLast(filter: HostTensor): HostTensor {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = filter.dims;
  // The conversion reverses the order of [taps, in, out]; of [out, in, taps] it does the opposite.
  const [, data] = kernelFirst({
    shape: [outputs, 1, inputs, height * width],
    data: elementsOf(filter) as Float32Array,
  });
  return new Tensor('float32', data, [height, width, inputs, outputs]);
}
