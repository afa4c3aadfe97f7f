/** What a page holds of WebGPU: counted on every device that it is given. */

import { type CountingDevice, countCreations } from '../support/counting-device.ts';

/** What goes when nothing in the page refers to it any more. */
const collected = [
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createComputePipelineAsync',
  'createShaderModule',
] as const;

export interface Held {
  /** Bytes of buffers and textures that are not destroyed. */
  readonly bytes: number;
  /** Buffers, textures and query sets that are not destroyed. */
  readonly resources: number;
  /** Bind groups that are not collected as garbage. */
  readonly groups: number;
  /** Pipelines, shader modules and layouts that are not collected as garbage. */
  readonly pipelines: number;
  readonly devices: number;
}

let groups = 0;
let pipelines = 0;
let devices = 0;

type Collected = (typeof collected)[number];

const garbage = new FinalizationRegistry<Collected>((method) => count(method, -1));

export function held(): Held {
  let bytes = 0;
  let resources = 0;
  for (const counting of holding) {
    bytes += counting.liveBytes();
    resources += counting.liveObjects();
  }
  return { bytes, resources, groups, pipelines, devices };
}

function count(method: Collected, change: number): void {
  if (method === 'createBindGroup') groups += change;
  else pipelines += change;
}

/** From now on every device is counted. */
export function countDevices(): void {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, ...given) {
    const device = await request.apply(this, given);
    countOn(device);
    return device;
  };
}

/** Every device that was not taken away; one that is destroyed counts as long as something is left there. */
const holding = new Set<CountingDevice>();

/** Takes a device away, as a crashed driver does: what it holds is gone with it. */
export function loseDevice(device: GPUDevice): void {
  for (const counting of holding) if (counting.device === device) holding.delete(counting);
  device.destroy();
}

function countOn(device: GPUDevice): void {
  devices++;
  const counting = countCreations(device);
  holding.add(counting);
  device.lost.then(() => {
    devices--;
    if (counting.liveObjects() === 0) holding.delete(counting);
  });
  for (const method of collected) {
    wrap(device, method, (made) => {
      // A pipeline comes later than the call.
      void Promise.resolve(made).then(
        (object) => {
          count(method, 1);
          garbage.register(object as object, method);
        },
        () => {},
      );
    });
  }
}

function wrap(device: GPUDevice, method: Collected, onMade: (made: unknown) => void): void {
  const make = device[method].bind(device) as (...given: unknown[]) => unknown;
  const value = (...given: unknown[]) => {
    const made = make(...given);
    onMade(made);
    return made;
  };
  Object.defineProperty(device, method, { value });
}
