/**
 * A network at work on a picture that changes: every run draws all stages from the GPU's own tensors
 * and reads back nothing but the answer; the other numbers are read when somebody asks for them.
 */

import { drawTensors } from '../../../src/image/index.ts';
import { Tensor } from '../../../src/index.ts';
import type { Network } from './networks.ts';
import type { Stage } from './stages.ts';

/** A stage's canvas, and how many maps lie beside each other on it. */
export interface StageCanvas {
  readonly canvas: HTMLCanvasElement;
  readonly columns: number;
}

export interface Answer {
  /** Values of the ten output units. */
  readonly outputs: readonly number[];
  /** The model's own; undefined where it has no softmax. */
  readonly probabilities: readonly number[] | undefined;
}

/** Pixels of a value, so that a map of any size is about 28 pixels wide and gaps look alike. */
export const scaleOf = ({ width }: Pick<Stage, 'width'>): number =>
  width === 1 ? 8 : Math.max(1, Math.round(28 / width));

export const gap = 1;

export class LiveNetwork {
  readonly network: Network;
  /** Tensors of the latest run, one for each stage. */
  #tensors: readonly Tensor[] = [];
  #numbers: Promise<readonly Float32Array[]> | undefined;

  constructor(network: Network) {
    this.network = network;
  }

  /** Runs are not to overlap: a run overwrites the tensors of the one before. */
  async run(picture: Float32Array, canvases: ReadonlyMap<number, StageCanvas>): Promise<Answer> {
    const { session, stages, prepare, inputDims, output, probabilities } = this.network;
    const input = new Tensor('float32', prepare(picture), inputDims);
    const values = stages.slice(1).map(({ value }) => value);
    const names = [...values, probabilities].filter((name) => name !== '');
    const feeds = { [session.inputNames[0] as string]: input };
    const onGpu = session.backend === 'webgpu';
    this.#numbers = undefined;
    const made = await session.activations(feeds, names, {
      location: onGpu ? 'gpu-buffer' : 'cpu',
    });
    this.#tensors = tensorsOf(stages, input, made);
    const items = [...canvases].flatMap(([at, { canvas, columns }]) => {
      const stage = stages[at];
      const tensor = this.#tensors[at];
      if (!stage || !tensor) return [];
      return [{ tensor, canvas, columns, gap, scale: scaleOf(stage), ...coloursOf(stage) }];
    });
    // At once: each of them waits for the GPU.
    const [outputs, shares] = await Promise.all([
      this.#tensors[output]?.getData(),
      made[probabilities]?.getData(),
      drawTensors(items, onGpu ? { session } : {}),
    ]);
    return {
      outputs: Array.from(outputs as Float32Array),
      probabilities: shares && Array.from(shares as Float32Array),
    };
  }

  /** All values of the latest run, one list for each stage, read back from the GPU the first time. */
  numbers(): Promise<readonly Float32Array[]> {
    this.#numbers ??= Promise.all(
      this.#tensors.map(async (tensor) => (await tensor.getData()) as Float32Array),
    );
    return this.#numbers;
  }

  async dispose(): Promise<void> {
    await this.network.session.dispose();
  }
}

/** One tensor for each stage, as [1, channels, height, width]; what is flattened is the same elements. */
function tensorsOf(
  stages: readonly Stage[],
  input: Tensor,
  made: Readonly<Record<string, Tensor>>,
): readonly Tensor[] {
  const tensors: Tensor[] = [];
  for (const { value, from, channels, height, width } of stages) {
    const tensor = from < 0 ? input : value === '' ? tensors[from] : made[value];
    if (!tensor) throw new Error(`the network gave no value "${value}"`);
    tensors.push(reshaped(tensor, [1, channels, height, width]));
  }
  return tensors;
}

function reshaped(tensor: Tensor, dims: readonly number[]): Tensor {
  if (tensor.location === 'cpu') return new Tensor(tensor.type, tensor.data, dims);
  return Tensor.fromGpuBuffer(tensor.gpuBuffer, {
    dataType: tensor.type,
    dims,
    download: () => tensor.getData(),
  });
}

function coloursOf(stage: Stage) {
  const colorMap = stage.from < 0 ? 'gray' : stage.signed ? 'diverging' : 'viridis';
  const range = stage.range ?? 'tensor';
  return { colorMap, range } as const;
}
