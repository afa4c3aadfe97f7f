/** What a session is told, made fit for the way to a worker. */

import { WgconvError } from '../core/errors.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import type { ModelSource } from '../session/load-model.ts';
import type { SessionOptions } from '../session/options.ts';
import type { PlainModel } from './messages.ts';
import { outgoing } from './plain-tensors.ts';

/** Why an option cannot go along, and what to do instead. */
const refusals: Readonly<Record<string, string>> = {
  transform:
    'a function cannot enter a worker: give the changed graph as the model, or use InferenceSession',
  'gpu.device':
    'a GPUDevice cannot leave the thread that made it: leave it out, and the worker makes its own',
  location:
    'GPU buffers cannot leave the worker: leave it out, or use InferenceSession where tensors are to stay on the GPU',
};

/** @throws WgconvError `invalid-argument` naming an option that cannot enter a worker, and why */
export function refuseUnfit(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'function' || (name === 'location' && value === 'gpu-buffer'))
      refuse(name);
  }
}

function refuse(option: string): never {
  const why = refusals[option] ?? 'a function cannot enter a worker';
  throw new WgconvError('invalid-argument', `the option "${option}" is not for a worker: ${why}`, {
    value: option,
  });
}

/**
 * Options of `create` as plain data; addresses are made absolute, for a worker's are not the page's.
 * @param options without the callbacks and the signal, which cross otherwise
 */
export function toPlainOptions(
  options: SessionOptions,
  move: boolean,
  buffers: Set<ArrayBuffer>,
): SessionOptions {
  refuseUnfit(options);
  if (options.gpu?.device) refuse('gpu.device');
  const { externalData: files, tuning } = options;
  return {
    ...options,
    ...((typeof tuning === 'string' || tuning instanceof URL) && { tuning: absolute(tuning) }),
    // What is no list is refused where it is read.
    ...(Array.isArray(files) && {
      externalData: files.map((file) => ({
        ...file,
        data: toPlainSource(file?.data, move, buffers),
      })),
    }),
  };
}

/** @param move the memory of a model's bytes goes along and is gone here */
export function toPlainModel(
  model: ModelSource,
  move: boolean,
  buffers: Set<ArrayBuffer>,
): PlainModel {
  const source = toPlainSource(model, move, buffers);
  if (source instanceof Uint8Array && source.length === 0) {
    throw new WgconvError(
      'invalid-model',
      'the model has no bytes; bytes that were given to a worker before are gone here, unless with { transfer: false }',
    );
  }
  const constants = (source as Graph | null | undefined)?.constants;
  if (!(constants instanceof Map)) return source as PlainModel;
  const plain = [...(constants as Graph['constants'])].map(
    ([name, { type, dims, bytes }]): [string, HostTensor] => [name, { type, dims, bytes }],
  );
  return { ...(source as Graph), constants: new Map(plain) };
}

/** An address made absolute, or bytes made ready to go; anything else as it is. */
function toPlainSource<T>(source: T, move: boolean, buffers: Set<ArrayBuffer>) {
  if (typeof source === 'string' || source instanceof URL) return absolute(source);
  if (source instanceof ArrayBuffer) {
    // One that went to a worker before is empty, and no view can be made of it.
    const bytes = source.byteLength === 0 ? new Uint8Array() : new Uint8Array(source);
    return outgoing(bytes, move, buffers);
  }
  return source instanceof Uint8Array ? outgoing(source, move, buffers) : source;
}

/** As the page would fetch it: relative to its base address, which a worker does not have. */
function absolute(address: string | URL): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return URL.canParse(`${address}`, base) ? new URL(address, base).href : `${address}`;
}
