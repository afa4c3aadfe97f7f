/** Runs random configurations of one layer in wgconv and TensorFlow.js and compares every element. */

import type * as Tfjs from '@tensorflow/tfjs';
import { type Graph, InferenceSession, Tensor } from '../../../src/index.ts';
import { input, model, type SymbolicTensor } from '../../../src/layers/index.ts';
import type { Weight } from '../../../src/layers/weights.ts';
import { integers, uniform } from '../random.ts';
import { type CaseMaker, type Check, type LayerCase, Picker, type Tf } from './case.ts';
import { otherCases } from './others.ts';
import { windowCases } from './windows.ts';

export const layerCases: Readonly<Record<string, CaseMaker>> = { ...windowCases, ...otherCases };

const batch = 2;
const unit = 2 ** -24;

/** One case with all its values. */
interface Drawn {
  readonly name: string;
  readonly own: LayerCase;
  readonly output: SymbolicTensor;
  readonly inputs: readonly SymbolicTensor[];
  readonly fed: readonly Tensor[];
  readonly weights: readonly Tensor[];
  /** Small whole numbers, whose sums are exact in float32. */
  readonly whole: boolean;
}

export interface How {
  readonly count?: number;
  /** A session of the backend, for others than the usual one. */
  readonly create?: (
    graph: Graph,
  ) => Promise<Pick<InferenceSession, 'inputNames' | 'outputNames' | 'run' | 'dispose'>>;
}

/**
 * `count` configurations in one model of as many inputs and outputs. Gives what differs, one line for
 * each case.
 */
export async function differences(
  tf: Tf,
  name: string,
  maker: CaseMaker,
  backend: 'cpu' | 'webgpu',
  { count = 20, create = (graph) => InferenceSession.create(graph, { backend }) }: How = {},
): Promise<string[]> {
  const drawn = Array.from({ length: count }, (_, seed) => draw(`${name} ${seed}`, maker, seed));
  const net = model({
    inputs: drawn.flatMap(({ inputs }) => inputs),
    outputs: drawn.map(({ output }) => output),
  });
  const values = new Map<Weight, Tensor>();
  for (const { output, weights } of drawn) {
    weightsOf(output).forEach((weight, index) => {
      values.set(weight, weights[index] as Tensor);
    });
  }
  net.setWeights(net.weights.map((weight) => values.get(weight) as Tensor));
  const session = await create(await net.toGraph());
  const fed = drawn.flatMap((own) => own.fed);
  const feeds = Object.fromEntries(session.inputNames.map((key, i) => [key, fed[i] as Tensor]));
  const results = await session.run(feeds);
  await session.dispose();
  return drawn.flatMap((own, index) => {
    const result = results[session.outputNames[index] as string] as Tensor;
    const wrong = firstDifference(tf, own, result, backend);
    return wrong
      ? [`${own.name} ${own.own.config} ${JSON.stringify(own.own.inputs)}: ${wrong}`]
      : [];
  });
}

function draw(name: string, maker: CaseMaker, seed: number): Drawn {
  const own = maker(new Picker(seed + 1));
  const whole = own.check.kind === 'sum' && seed % 2 === 0;
  const inputs = own.inputs.map((shape) => input({ shape }));
  const output = own.apply(inputs);
  const values = (dims: readonly number[], salt: number, scale: number) =>
    whole
      ? integers(dims, seed * 100 + salt, { low: -3, high: 3 })
      : uniform(dims, seed * 100 + salt, { scale });
  const tensor = ({ dims, bytes }: { dims: readonly number[]; bytes: Uint8Array }) =>
    new Tensor('float32', new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), dims);
  const fed = own.inputs.map((shape, i) => tensor(values([batch, ...shape], i + 1, 3)));
  const weights = weightsOf(output).map((weight, i) => {
    const made = tensor(values(weight.shape, i + 50, 1));
    if (weight.shortName !== 'moving_variance') return made;
    return new Tensor(
      'float32',
      (made.data as Float32Array).map((v) => Math.abs(v) + 0.5),
      made.dims,
    );
  });
  return { name, own, output, inputs, fed, weights, whole };
}

/** Of all layers behind a tensor, those nearest the inputs first. */
function weightsOf({ layer, inputs }: SymbolicTensor): Weight[] {
  return [...inputs.flatMap(weightsOf), ...layer.weights];
}

function firstDifference(
  tf: Tf,
  { own, fed, weights, whole }: Drawn,
  result: Tensor,
  backend: 'cpu' | 'webgpu',
): string | undefined {
  const given = (absolute: boolean) => (tensor: Tensor) => {
    const data = tensor.data as Float32Array;
    return tf.tensor(absolute ? data.map(Math.abs) : data, [...tensor.dims], 'float32');
  };
  const peer = (absolute: boolean): { shape: number[]; data: Float32Array } =>
    tf.tidy(() => {
      const y: Tfjs.Tensor = own.peer(tf, fed.map(given(absolute)), weights.map(given(absolute)));
      return { shape: y.shape, data: y.dataSync() as Float32Array };
    });
  const { shape, data } = peer(false);
  if (shape.join() !== result.dims.join()) return `shape [${result.dims}], expected [${shape}]`;
  // Sums of absolute values: the magnitude that rounding errors are measured by.
  const magnitude = own.check.kind === 'sum' && !whole ? peer(true).data : undefined;
  const values = result.data as Float32Array;
  const wrong = values.findIndex((value, index) => {
    const expected = data[index] as number;
    const bound = allowed(own.check, whole, expected, magnitude?.[index] ?? 0, backend);
    return !(Math.abs(value - expected) <= bound);
  });
  if (wrong < 0) return undefined;
  return `element ${wrong} is ${values[wrong]}, expected ${data[wrong]}`;
}

/** Both have rounded: twice the bound of one. */
function allowed(
  check: Check,
  whole: boolean,
  expected: number,
  magnitude: number,
  backend: 'cpu' | 'webgpu',
): number {
  if (check.kind === 'exact') return 0;
  if (check.kind === 'sum') {
    // Averages divide whole sums: one rounding each.
    return whole ? 2 * unit * Math.abs(expected) : 8 * unit * Math.sqrt(check.terms) * magnitude;
  }
  // tanh is 1e-5 off on GPUs; TensorFlow.js's own functions are float32 roundings of float64 ones.
  return (backend === 'cpu' ? 2e-6 : 2e-5) * Math.max(1, Math.abs(expected));
}
