/**
 * Tensors in GPU buffers that callers share with a session: inputs are checked before they are
 * used, because WebGPU would refuse them silently and the run would use what was there before.
 */

import { WgconvError } from '../core/errors.ts';
import { formatDims, type StaticTensorType, sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';
import type { GpuContext } from '../gpu/device.ts';
import { DeviceLoss } from '../gpu/loss.ts';
import { destroy, deviceOf } from '../gpu/memory.ts';
import { elementBytes, elementFor } from '../ops/device-tensor.ts';
import { Recorder, readBuffer } from './recorder.ts';
import { fromDeviceBytes } from './words.ts';

/** Whether kernels can read the buffer as it is, as `bytes` bytes: in whole vec4. */
export function isBindable({ size, usage }: GPUBuffer, bytes: number): boolean {
  return size >= bytes && (usage & GPUBufferUsage.STORAGE) !== 0;
}

/** What to throw when WebGPU refuses what a run did with the buffers of these inputs. */
export function refused(names: readonly string[], { message }: GPUError): WgconvError {
  const list = names.map((name) => `"${name}"`).join(', ');
  const what = names.length === 1 ? `buffer of the input ${list}` : `buffers of the inputs ${list}`;
  return new WgconvError('invalid-argument', `WebGPU refused the ${what}: ${message}`);
}

/** The input's elements, for what is computed on the host. */
export function downloadInput(
  context: GpuContext,
  name: string,
  tensor: Tensor,
): Promise<HostTensor> {
  const bytes = checkedBytes(context, name, tensor);
  return download(context, `the buffer of the input "${name}"`, tensor, tensor.gpuBuffer, bytes);
}

/** An output that stays in `buffer`, which belongs to the session; `computed` rejects if it failed. */
export function residentTensor(
  context: GpuContext,
  name: string,
  buffer: GPUBuffer,
  type: StaticTensorType,
  isDisposed: () => boolean,
  computed: Promise<void>,
): Tensor {
  const what = `the buffer of the output "${name}"`;
  DeviceLoss.of(context.device).takes(buffer);
  return Tensor.fromGpuBuffer(buffer, {
    dataType: type.type,
    dims: type.dims,
    download: async () => {
      await computed;
      if (isDisposed()) {
        throw new WgconvError(
          'disposed',
          `${what} is gone: the session was disposed, or has run with other shapes since`,
          { value: name },
        );
      }
      return elementsOf(await download(context, what, type, buffer, bytesOf(context, type)));
    },
  });
}

/** Dense bytes of a tensor on the device, in whole words. */
function bytesOf(context: GpuContext, { type, dims }: StaticTensorType): number {
  return Math.ceil((sizeOf(dims) * elementBytes(elementFor(type, context.caps))) / 4) * 4;
}

/** Bytes that the input takes of its buffer, in whole words. */
export function checkedBytes(context: GpuContext, name: string, tensor: Tensor): number {
  const bytes = bytesOf(context, tensor);
  const { size, usage } = tensor.gpuBuffer;
  const fail = (why: string) =>
    new WgconvError('invalid-argument', `the buffer of the input "${name}" ${why}`, {
      value: name,
    });
  const device = deviceOf(tensor.gpuBuffer);
  const isLost = DeviceLoss.hasTaken(tensor.gpuBuffer);
  if (isLost || device === 'gone') {
    const why = isLost
      ? 'its GPU device was lost; make it again'
      : 'the session that made it was disposed of, or has run with other shapes since';
    throw new WgconvError('disposed', `the tensor of the input "${name}" is gone: ${why}`, {
      value: name,
    });
  }
  if (device && device !== context.device) {
    throw fail('is on another GPU device: create both sessions with the same `gpu` options');
  }
  if (size < bytes) {
    const element = elementFor(tensor.type, context.caps);
    throw fail(
      `has ${size} bytes, but ${formatDims(tensor.dims)} takes ${bytes} (${element} elements)`,
    );
  }
  if ((usage & GPUBufferUsage.COPY_SRC) === 0) {
    throw fail('cannot be copied: create it with GPUBufferUsage.COPY_SRC');
  }
  return bytes;
}

/** Into a staging buffer of its own: downloads and runs may overlap. */
async function download(
  context: GpuContext,
  what: string,
  { type, dims }: StaticTensorType,
  source: GPUBuffer,
  bytes: number,
): Promise<HostTensor> {
  let made: GPUBuffer | undefined;
  const copy = () => {
    const buffer = readBuffer(context.device, Math.max(bytes, 4));
    made = buffer;
    if (bytes > 0) {
      const recorder = new Recorder(context.device);
      recorder.copy({ buffer: source }, { buffer }, bytes);
      recorder.flush();
    }
    return buffer;
  };
  try {
    const staging = await context.guard(what, copy);
    await context.hasten(staging.mapAsync(GPUMapMode.READ));
    const element = elementFor(type, context.caps);
    const words = new Uint8Array(staging.getMappedRange());
    return fromDeviceBytes(words, element, type, dims, sizeOf(dims));
  } finally {
    if (made) destroy(made);
  }
}
