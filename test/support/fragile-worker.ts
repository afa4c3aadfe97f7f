/** The worker of `wgconv/worker`, which loses its device in a run or ends when it is told to. */

import '../../src/worker/worker-main.ts';

const devices: GPUDevice[] = [];
const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...args) {
  const device = await requestDevice.apply(this, args);
  devices.push(device);
  return device;
};

/** The next time that a result is awaited. */
let isLosing = false;
const mapAsync = GPUBuffer.prototype.mapAsync;
GPUBuffer.prototype.mapAsync = function (...args) {
  if (isLosing) for (const device of devices.splice(0)) device.destroy();
  isLosing = false;
  return mapAsync.apply(this, args);
};

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data === 'lose') isLosing = true;
  if (data === 'close') close();
  if (data === 'throw') {
    setTimeout(() => {
      throw new Error('nobody catches this');
    });
  }
});
