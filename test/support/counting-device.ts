/** A GPU device that counts the objects made through it, for tests of steady state and of leaks. */

import { texelBytes, type WeightFormat } from '../../shaders/lib/weights.ts';
import { ownDevice } from './own-device.ts';

export type Counts = Record<string, number>;

const counted = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createShaderModule',
  'createTexture',
  'createQuerySet',
  'importExternalTexture',
] as const;

export interface CountingDevice {
  readonly device: GPUDevice;
  readonly counts: Counts;
  /** The counts that are not zero. */
  made(): Counts;
  /** Bytes of buffers and textures made and not destroyed. */
  liveBytes(): number;
  /** Buffers, textures and query sets made and not destroyed. */
  liveObjects(): number;
  reset(): void;
}

/** A device of its own, counted. */
export async function countingDevice(): Promise<CountingDevice> {
  return countCreations(await ownDevice());
}

/** Wraps the creation methods of the device itself, so that every user of it is counted. */
export function countCreations(device: GPUDevice): CountingDevice {
  const counts: Counts = {};
  let bytes = 0;
  let objects = 0;
  for (const method of counted) {
    counts[method] = 0;
    if (!(method in device)) continue; // Node has no videos.
    const original = device[method].bind(device) as (...given: unknown[]) => unknown;
    Object.defineProperty(device, method, {
      configurable: true,
      writable: true,
      value: (...given: unknown[]) => {
        const made = original(...given);
        counts[method] = (counts[method] ?? 0) + 1;
        if (method === 'createBuffer') track(made as GPUBuffer, (made as GPUBuffer).size);
        if (method === 'createTexture') track(made as GPUTexture, bytesOf(made as GPUTexture));
        if (method === 'createQuerySet') track(made as GPUQuerySet, 0);
        return made;
      },
    });
  }
  function track(resource: GPUBuffer | GPUTexture | GPUQuerySet, size: number): void {
    bytes += size;
    objects++;
    const destroy = resource.destroy.bind(resource);
    let live = true;
    Object.defineProperty(resource, 'destroy', {
      value: () => {
        if (live) {
          bytes -= size;
          objects--;
        }
        live = false;
        destroy();
      },
    });
  }
  return {
    device,
    counts,
    made: () => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    liveBytes: () => bytes,
    liveObjects: () => objects,
    reset: () => {
      for (const method of counted) counts[method] = 0;
    },
  };
}

/** Of the formats that weights are kept in, and those of pictures. */
function bytesOf({ width, height, format }: GPUTexture): number {
  return width * height * (texelBytes[format as WeightFormat] ?? 4);
}
