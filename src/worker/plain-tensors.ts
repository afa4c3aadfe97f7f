/** Tensors as plain data between threads: moved, or copied once. */

import type { DataType, TypedArray } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { Tensor } from '../core/tensor.ts';

export interface PlainTensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: TypedArray;
}

export type PlainTensors = Readonly<Record<string, PlainTensor>>;

/**
 * Tensors on the CPU for another thread.
 * @param move their memory goes along and is gone here; a part of a larger buffer is copied
 * @param buffers gets what is to be transferred
 * @throws WgconvError `invalid-argument` naming a tensor that lives on the GPU
 */
export function toPlainTensors(
  tensors: Iterable<readonly [string, Tensor]>,
  move: boolean,
  buffers: Set<ArrayBuffer>,
): PlainTensors {
  const entries = [...tensors].map(([name, tensor]): [string, PlainTensor] => {
    const { type, dims } = tensor;
    return [name, { type, dims, data: outgoing(elementsOf(name, tensor), move, buffers) }];
  });
  return Object.fromEntries(entries);
}

export function fromPlainTensors(plain: PlainTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(plain).map(([name, { type, dims, data }]) => [
      name,
      new Tensor(type, data, dims),
    ]),
  );
}

/** Typed elements or bytes that can be transferred: all of their buffer, their own or a copy's. */
export function outgoing<T extends TypedArray>(
  data: T,
  move: boolean,
  buffers: Set<ArrayBuffer>,
): T {
  const isWhole = data.byteLength === data.buffer.byteLength;
  // Shared memory cannot be transferred.
  const own = move && isWhole && data.buffer instanceof ArrayBuffer ? data : (data.slice() as T);
  buffers.add(own.buffer as ArrayBuffer);
  return own;
}

function elementsOf(name: string, tensor: Tensor): TypedArray {
  if (tensor.location !== 'cpu') {
    throw new WgconvError(
      'invalid-argument',
      `"${name}" lives in a GPU buffer, which cannot enter a worker; feed new Tensor(type, await tensor.getData(), dims)`,
      { value: name },
    );
  }
  const { data } = tensor;
  if (data.length !== tensor.size) {
    throw new WgconvError(
      'invalid-argument',
      `the memory of "${name}" was transferred before, and is gone here`,
      { value: name },
    );
  }
  return data;
}
