/**
 * Runs a stored model with onnxruntime-web's WebAssembly build: a reader independent of the writer,
 * and arithmetic independent of the training library.
 */

import * as ort from 'onnxruntime-web';
import { type Digits, digitImage, PIXELS, SIZE } from '../digits/digits.ts';

/** Probabilities [indices.length, 10] of unchanged digits. */
export async function runModel(
  model: Uint8Array,
  digits: Digits,
  indices: Uint32Array,
): Promise<Float32Array> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  try {
    const pictures = new Float32Array(indices.length * PIXELS);
    indices.forEach((index, row) => {
      pictures.set(digitImage(digits, index), row * PIXELS);
    });
    const input = new ort.Tensor('float32', pictures, [indices.length, 1, SIZE, SIZE]);
    const { probabilities } = await session.run({ input });
    if (!probabilities) throw new Error('the model has no output named "probabilities"');
    return (await probabilities.getData()) as Float32Array;
  } finally {
    await session.release();
  }
}
