/** Reads a handwritten digit in Node: on the GPU through the package `webgpu`, else on the CPU. */

import { readFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { InferenceSession } from 'wgconv';
import { imageToTensor, presets } from 'wgconv/image';

const [model, digit] = ['lenet5.onnx', 'digits/7-7982.png'].map(
  (name) => new URL(import.meta.resolve(`wgconv/models/lenet5/${name}`)),
);

const session = await InferenceSession.create(model, { backend: 'auto' });
const picture = PNG.sync.read(await readFile(digit));
const { tensor } = await imageToTensor(picture, {
  session,
  width: 28,
  height: 28,
  ...presets.digit,
});
const { probabilities } = await session.run({ input: tensor });
const scores = Array.from(probabilities.data, Number);
const answer = scores.indexOf(Math.max(...scores));
console.log(`This is a ${answer} (${session.backend}).`);
await session.dispose();
