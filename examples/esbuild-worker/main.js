/** Reads a handwritten digit in a worker: on WebGPU where there is, else on the CPU. */

import { imageToTensor, presets } from 'wgconv/image';
import digit from 'wgconv/models/lenet5/digits/7-7982.png';
import model from 'wgconv/models/lenet5/lenet5.onnx';
import { WorkerSession } from 'wgconv/worker';

const picture = new Image();
picture.src = digit;
document.body.prepend(picture);
await picture.decode();

const worker = new Worker('worker.js', { type: 'module' });
const session = await WorkerSession.create(model, { backend: 'auto', worker });
const { tensor } = await imageToTensor(picture, {
  session,
  width: 28,
  height: 28,
  ...presets.digit,
});
const { probabilities } = await session.run({ input: tensor }, { transfer: true });
const scores = Array.from(probabilities.data, Number);
const answer = scores.indexOf(Math.max(...scores));
document.querySelector('#answer').textContent = `This is a ${answer} (${session.backend}).`;
