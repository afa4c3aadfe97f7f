/** Weights of layers: shapes in Keras's layouts, their first values, and values from outside. */

import { float16ToNumber } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';

export interface WeightSpec {
  /** Keras's: `kernel`, `bias`, `gamma`, … */
  readonly name: string;
  readonly shape: readonly number[];
  /** As Keras initialises it where nobody sets it. */
  readonly initial: 'glorotUniform' | 'zeros' | 'ones';
  /** False for what training does not change by gradients: the statistics of batches. */
  readonly trainable?: boolean;
}

/** A layer's bias, where it has one. */
export function biasOf(useBias: boolean, shape: readonly number[]): readonly WeightSpec[] {
  return useBias ? [{ name: 'bias', shape, initial: 'zeros' }] : [];
}

/** What weights can be set from: a tensor, or elements alone in the weight's own order. */
export type WeightSource = HostTensor | Float32Array | readonly number[];

export class Weight {
  readonly #layer: { readonly name: string };
  readonly #spec: WeightSpec;
  #values: Float32Array | undefined;

  /** @internal */
  constructor(layer: { readonly name: string }, spec: WeightSpec) {
    this.#layer = layer;
    this.#spec = spec;
  }

  /** With its layer's: `conv2d/kernel`. */
  get name(): string {
    return `${this.#layer.name}/${this.#spec.name}`;
  }

  /** Within its layer: `kernel`. */
  get shortName(): string {
    return this.#spec.name;
  }

  get shape(): readonly number[] {
    return this.#spec.shape;
  }

  get trainable(): boolean {
    return this.#spec.trainable ?? true;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The elements; where they were never set, they are initialised now, the same for the same seed. */
  values(seed: number): Float32Array {
    this.#values ??= initialValues(this.#spec, seed, this.name);
    return this.#values;
  }

  /** @internal Checked before by `checkedValues`. */
  set(values: Float32Array): void {
    this.#values = values;
  }

  /** A copy of `source` as float32. @throws WgconvError `wrong-shape` or `wrong-type`, naming it */
  checkedValues(source: WeightSource): Float32Array {
    const [dims, values] = read(source, this.name);
    const fits = dims
      ? dims.length === this.shape.length && dims.every((dim, axis) => dim === this.shape[axis])
      : values.length === this.size;
    if (fits) return values;
    const given = dims ? `[${dims.join(', ')}]` : `${values.length} elements`;
    throw new WgconvError(
      'wrong-shape',
      `the weight "${this.name}" takes the shape [${this.shape.join(', ')}], not ${given}`,
      { value: this.name, data: { expected: this.shape, actual: dims ?? [values.length] } },
    );
  }

  /** A tensor of a copy of the elements. */
  toTensor(seed: number): Tensor {
    return new Tensor('float32', this.values(seed).slice(), this.shape);
  }
}

/** A list within the list would silently be no number. */
function numbers(list: readonly unknown[], name: string): Float32Array {
  const at = list.findIndex((value) => typeof value !== 'number');
  if (at < 0) return Float32Array.from(list as readonly number[]);
  throw new WgconvError(
    'wrong-type',
    `element ${at} of the list for the weight "${name}" is ${Array.isArray(list[at]) ? 'a list' : `no number (${typeof list[at]})`}: give the numbers in one list, or as a Tensor`,
    { value: name },
  );
}

function read(
  source: WeightSource,
  name: string,
): [dims: readonly number[] | undefined, values: Float32Array] {
  if (source instanceof Float32Array) return [undefined, source.slice()];
  if (Array.isArray(source)) return [undefined, numbers(source, name)];
  const tensor = source as HostTensor | undefined;
  if (tensor?.type === 'float32') {
    return [tensor.dims, (elementsOf(tensor) as Float32Array).slice()];
  }
  if (tensor?.type === 'float64') {
    return [tensor.dims, Float32Array.from(elementsOf(tensor) as Float64Array)];
  }
  if (tensor?.type === 'float16') {
    return [tensor.dims, Float32Array.from(elementsOf(tensor) as Uint16Array, float16ToNumber)];
  }
  throw new WgconvError(
    'wrong-type',
    `the weight "${name}" takes a float tensor, a Float32Array or a list of numbers, not ${tensor?.type ? `${tensor.type} elements` : typeof source}`,
    { value: name },
  );
}

/** Of a weight that is made here; more do not fit a JavaScript engine's arrays for sure. */
const mostElements = 2 ** 30;

function initialValues({ shape, initial }: WeightSpec, seed: number, name: string): Float32Array {
  if (sizeOf(shape) > mostElements) {
    throw new WgconvError(
      'limit-exceeded',
      `the weight "${name}" would have the shape [${shape.join(', ')}], more than 2³⁰ elements`,
      { value: name },
    );
  }
  const values = new Float32Array(sizeOf(shape));
  if (initial === 'zeros') return values;
  if (initial === 'ones') return values.fill(1);
  // Glorot and Bengio (2010), equation 16; the fans of a kernel as Keras counts them.
  const [fanIn = 1, fanOut = 1] = shape.slice(-2);
  const receptive = sizeOf(shape.slice(0, -2));
  const limit = Math.sqrt(6 / (receptive * (fanIn + fanOut)));
  const random = generator(seed, name);
  return values.map(() => (2 * random() - 1) * limit);
}

/** mulberry32, started from the seed and FNV-1a of the weight's name, so that no two are alike. */
function generator(seed: number, name: string): () => number {
  let state = 0x811c9dc5 ^ seed;
  for (let index = 0; index < name.length; index++) {
    state = Math.imul(state ^ name.charCodeAt(index), 0x01000193);
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
