/** `Tensor`, the public value type, and `HostTensor`, the plain data behind constants and feeds. */

import {
  allocate,
  bytesPerElement,
  type DataType,
  dataTypes,
  type TypedArray,
  viewBytes,
  viewElements,
} from './dtype.ts';
import { WgconvError } from './errors.ts';
import { insist } from './refuse-unknown.ts';
import { formatDims, sizeOf } from './shape.ts';

/** A tensor in host memory as raw little-endian bytes: possibly a view into a model's file. */
export interface HostTensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** Elements of a host tensor; a view where the bytes are aligned, else a copy. */
export function elementsOf(tensor: HostTensor): TypedArray {
  return viewElements(tensor.type, tensor.bytes);
}

/** Elements of an integer tensor as numbers (shapes, axes, indices). Throws beyond 2^53. */
export function integersOf(tensor: HostTensor): number[] {
  return Array.from(elementsOf(tensor) as ArrayLike<number | bigint>, (value) => {
    const number = Number(value);
    // The largest int64 stands for "to the end" in Slice; it stays meaningful as a double.
    return number;
  });
}

/** A host tensor from typed elements, without a copy. */
export function hostTensor(type: DataType, dims: readonly number[], data: TypedArray): HostTensor {
  return { type, dims, bytes: viewBytes(data) };
}

export type TensorLocation = 'cpu' | 'gpu-buffer';

/**
 * A dense, row-major tensor, as people know it from onnxruntime's JavaScript API:
 * `new Tensor('float32', data, [1, 3, 224, 224])`. float16 data is a `Uint16Array` of bits,
 * bool data a `Uint8Array`, int64 data a `BigInt64Array`.
 *
 * @throws WgconvError `invalid-argument` where data, type and dims do not fit together.
 */
export class Tensor implements HostTensor {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly location: TensorLocation;
  #data: TypedArray | undefined;
  #buffer: GPUBuffer | undefined;
  readonly #download: (() => Promise<TypedArray>) | undefined;
  readonly #release: (() => void) | undefined;

  constructor(
    type: DataType,
    data: TypedArray | readonly number[] | readonly bigint[],
    dims?: readonly number[],
  );
  /** @internal A tensor in GPU memory; made by `Tensor.fromGpuBuffer` and by sessions. */
  constructor(type: DataType, data: GpuSource, dims: readonly number[]);
  constructor(
    type: DataType,
    data: TypedArray | readonly number[] | readonly bigint[] | GpuSource,
    dims?: readonly number[],
  ) {
    if (!dataTypes.includes(type)) {
      throw new WgconvError(
        'invalid-argument',
        `"${type}" is no element type; use one of ${dataTypes.join(', ')}`,
      );
    }
    this.type = type;
    if (typeof data !== 'object' || data === null) {
      throw new WgconvError(
        'invalid-argument',
        `a ${type} tensor takes a typed array, not ${data === null ? 'null' : typeof data}`,
      );
    }
    if ('gpuBuffer' in data) {
      this.dims = checkDims(dims as readonly number[]);
      this.location = 'gpu-buffer';
      this.#buffer = data.gpuBuffer;
      this.#download = data.download;
      this.#release = data.dispose;
      return;
    }
    const elements = ArrayBuffer.isView(data) ? (data as TypedArray) : copyElements(type, data);
    const expected = allocate(type, 0).constructor;
    if (elements.constructor !== expected) {
      throw new WgconvError(
        'invalid-argument',
        `a ${type} tensor takes a ${expected.name}, not a ${elements.constructor.name}`,
      );
    }
    this.dims = checkDims(dims ?? [elements.length]);
    if (sizeOf(this.dims) !== elements.length) {
      throw new WgconvError(
        'invalid-argument',
        `dims ${formatDims(this.dims)} need ${sizeOf(this.dims)} elements, but the data has ${elements.length}`,
      );
    }
    this.location = 'cpu';
    this.#data = elements;
  }

  /** A tensor over a caller's own buffer (linear layout). wgconv never destroys that buffer. */
  static fromGpuBuffer(
    gpuBuffer: GPUBuffer,
    options: {
      dataType: DataType;
      dims: readonly number[];
      download?: () => Promise<TypedArray>;
      dispose?: () => void;
    },
  ): Tensor {
    insist(
      typeof gpuBuffer === 'object' && !!gpuBuffer && !!options,
      'Tensor.fromGpuBuffer() takes a GPUBuffer and { dataType, dims }',
    );
    return new Tensor(
      options.dataType,
      { gpuBuffer, download: options.download, dispose: options.dispose },
      options.dims,
    );
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.dims);
  }

  /** The elements; only for tensors on the CPU (`await getData()` works for both). */
  get data(): TypedArray {
    if (!this.#data) {
      throw new WgconvError(
        'invalid-argument',
        this.location === 'cpu'
          ? 'this tensor was disposed, or given to a worker'
          : 'this tensor lives on the GPU (or was disposed); use "await tensor.getData()"',
      );
    }
    return this.#data;
  }

  get bytes(): Uint8Array {
    return viewBytes(this.data);
  }

  /** The buffer of a tensor on the GPU. */
  get gpuBuffer(): GPUBuffer {
    if (this.#buffer) return this.#buffer;
    throw new WgconvError(
      'invalid-argument',
      this.location === 'cpu'
        ? 'this tensor lives on the CPU; use "tensor.data"'
        : 'this tensor was disposed',
    );
  }

  /** The elements, downloaded first where the tensor lives on the GPU. */
  async getData(): Promise<TypedArray> {
    if (this.#data) return this.#data;
    if (!this.#download) {
      throw new WgconvError('invalid-argument', 'this tensor has no way to be downloaded');
    }
    return this.#download();
  }

  /** Gives memory back; the tensor is of no use afterwards. */
  dispose(): void {
    this.#data = undefined;
    this.#buffer = undefined;
    this.#release?.();
  }
}

/** What a tensor on the GPU is made from. */
export interface GpuSource {
  readonly gpuBuffer: GPUBuffer;
  readonly download?: (() => Promise<TypedArray>) | undefined;
  readonly dispose?: (() => void) | undefined;
}

function checkDims(dims: readonly number[]): readonly number[] {
  if (!Array.isArray(dims)) {
    throw new WgconvError(
      'invalid-argument',
      `dims must be an array of integers, such as [1, 3, 224, 224], not ${JSON.stringify(dims)}`,
    );
  }
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0) {
      throw new WgconvError('invalid-argument', `dims ${formatDims(dims)} must be integers from 0`);
    }
  }
  return [...dims];
}

/** Of a list's elements, beside bigint: `true` and `false` are those of a tensor of bool. */
const elementKinds: readonly string[] = ['number', 'boolean'];

function copyElements(type: DataType, values: readonly number[] | readonly bigint[]): TypedArray {
  const result = allocate(type, values.length) as { [index: number]: number | bigint };
  const big = type === 'int64' || type === 'uint64';
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number | bigint;
    const fits = big ? Number.isInteger(value) : elementKinds.includes(typeof value);
    if (!fits && typeof value !== 'bigint') {
      throw new WgconvError('invalid-argument', `a tensor of ${type} cannot hold ${value}`);
    }
    result[index] = big ? BigInt(value) : Number(value);
  }
  return result as unknown as TypedArray;
}

/** Bytes that the elements take. */
export function byteLengthOf(type: DataType, dims: readonly number[]): number {
  return sizeOf(dims) * bytesPerElement(type);
}
