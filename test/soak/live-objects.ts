/** What a page holds of WebGPU: counted on every device that it is given. */

import { texelBytes, type WeightFormat } from '../../shaders/lib/weights.ts';

/** What `destroy` gives back: memory, and query sets. */
const destroyed = ['createBuffer', 'createTexture', 'createQuerySet'] as const;
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

let bytes = 0;
let resources = 0;
let groups = 0;
let pipelines = 0;
let devices = 0;

type Collected = (typeof collected)[number];

const garbage = new FinalizationRegistry<Collected>((method) => count(method, -1));

export function held(): Held {
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

/** Memory that devices hold, by what it is: gone with the device when that is taken away. */
const living = new WeakMap<GPUDevice, Map<object, number>>();

/** Takes a device away, as a crashed driver does. */
export function loseDevice(device: GPUDevice): void {
  for (const size of living.get(device)?.values() ?? []) {
    bytes -= size;
    resources--;
  }
  living.delete(device);
  device.destroy();
}

function countOn(device: GPUDevice): void {
  devices++;
  const live = new Map<object, number>();
  living.set(device, live);
  device.lost.then(() => {
    devices--;
  });
  for (const method of destroyed) {
    wrap(device, method, (made) => {
      const resource = made as GPUBuffer | GPUTexture | GPUQuerySet;
      const size = sizeOf(resource);
      if (!living.has(device)) return; // a lost device makes what holds nothing
      bytes += size;
      resources++;
      live.set(resource, size);
      const destroy = resource.destroy.bind(resource);
      const value = () => {
        if (live.delete(resource) && living.has(device)) {
          bytes -= size;
          resources--;
        }
        destroy();
      };
      Object.defineProperty(resource, 'destroy', { value });
    });
  }
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

function wrap(
  device: GPUDevice,
  method: (typeof destroyed)[number] | Collected,
  onMade: (made: unknown) => void,
): void {
  const make = device[method].bind(device) as (...given: unknown[]) => unknown;
  const value = (...given: unknown[]) => {
    const made = make(...given);
    onMade(made);
    return made;
  };
  Object.defineProperty(device, method, { value });
}

function sizeOf(resource: GPUBuffer | GPUTexture | GPUQuerySet): number {
  if ('size' in resource) return resource.size;
  if (!('format' in resource)) return 0;
  const { width, height, format } = resource;
  return width * height * (texelBytes[format as WeightFormat] ?? 4);
}
