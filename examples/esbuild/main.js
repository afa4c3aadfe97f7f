/** Reads a handwritten digit in a page: on WebGPU where there is, else on the CPU. */

import { InferenceSession } from 'wgconv';
import { imageToTensor, presets } from 'wgconv/image';
import digit from 'wgconv/models/lenet5/digits/7-7982.png';
import model from 'wgconv/models/lenet5/lenet5.onnx';

const picture = new Image();
picture.src = digit;
document.body.prepend(picture);
await picture.decode();

const session = await InferenceSession.create(model, { backend: 'auto' });
const { tensor } = await imageToTensor(picture, {
  session,
  width: 28,
  height: 28,
  ...presets.digit,
});
const { probabilities } = await session.run({ input: tensor });
const scores = Array.from(probabilities.data, Number);
const answer = scores.indexOf(Math.max(...scores));
document.querySelector('#answer').textContent = `This is a ${answer} (${session.backend}).`;
