/**
 * Computes a task away from the page, which stays awake even where the CPU computes for seconds and
 * stops a task by ending its worker. Networks are kept from one picture to the next.
 */

import { InferenceSession, type SessionOptions, Tensor, WgconvError } from '../../../src/index.ts';
import { detectFaces } from './blazeface.ts';
import { download } from './download.ts';
import type { Failure, Finished, Progress, Reply, Request, Result, TaskId } from './messages.ts';
import { faceSize, files, upscalerWeights } from './models.ts';
import type { Network, OnStep } from './network.ts';
import { readText } from './ocr.ts';
import { parseDictionary } from './ocr-recognise.ts';
import type { Pixels } from './pixels.ts';
import { margin, upscale } from './upscale.ts';

type Task = (picture: Pixels) => Promise<Result>;
type Backend = Request['backend'];

/** On the CPU backend the text detector gets a smaller picture: it is some hundred times slower. */
const longest = { webgpu: 960, cpu: 384 } as const;
/** Sides of the upscaler's tiles, margins included: a step of the progress each. */
const tile = { webgpu: 128 + 2 * margin, cpu: 24 + 2 * margin } as const;

const loaders: Record<TaskId, (backend: Backend) => Promise<Task>> = {
  faces: async (backend) => {
    const [bytes] = await download([files.faces.network], onBytes);
    const network = await load(bytes, backend);
    return async (picture) => ({
      task: 'faces',
      faces: await detectFaces(picture, network, faceSize),
    });
  },
  text: async (backend) => {
    const { detector, recogniser, characters } = files.text;
    const [found, read, dictionary] = await download([detector, recogniser, characters], onBytes);
    const networks = {
      detect: await load(found, backend),
      recognise: await load(read, backend),
      characters: parseDictionary(new TextDecoder().decode(dictionary)),
    };
    return async (picture) => ({
      task: 'text',
      lines: await readText(picture, networks, { longest: longest[backend], onStep }),
    });
  },
  upscale: async (backend) => {
    const { network: address, weights: shard } = files.upscale;
    const [model, weights] = await download([address, shard], onBytes);
    const externalData = weights && [{ path: upscalerWeights, data: weights }];
    const network = await load(model, backend, { externalData });
    return async (picture) => ({
      task: 'upscale',
      picture: await upscale(picture, network, { window: tile[backend], onStep }),
    });
  },
};

const tasks = new Map<TaskId, Promise<Task>>();
/** Of the picture that is computed. */
let current = 0;
let networkMilliseconds = 0;
let compiled = false;
/** The picture that came last: those before it are given up at their next step. */
let latest = 0;

const report = (progress: Progress) =>
  postMessage({ id: current, kind: 'progress', progress } satisfies Reply);
const onBytes = (done: number, total: number) => report({ stage: 'download', done, total });
const onStep: OnStep = (done, total) => {
  if (current !== latest) throw new Error('another picture took the place of this one');
  report({ stage: 'run', done, total });
};

async function load(
  model: Uint8Array | undefined,
  backend: Backend,
  options: SessionOptions = {},
): Promise<Network> {
  if (!model) throw new Error('a file of the model is missing');
  report({ stage: 'prepare' });
  const session = await InferenceSession.create(model, {
    ...options,
    backend,
    onProgress: ({ stage }) => {
      if (stage === 'compile') compiled = true;
    },
  });
  const [input = ''] = session.inputNames;
  return async (values, dims) => {
    const begin = performance.now();
    const outputs = await session.run({ [input]: new Tensor('float32', values, dims) });
    networkMilliseconds += performance.now() - begin;
    return session.outputNames.map((name) => {
      const output = outputs[name];
      if (!output) throw new Error(`the model gave no ${name}`);
      return { data: output.data as Float32Array, dims: output.dims };
    });
  };
}

async function compute({ task: id, picture, backend }: Request): Promise<Finished> {
  compiled = !tasks.has(id);
  const started = tasks.get(id) ?? loaders[id](backend);
  tasks.set(id, started);
  started.catch(() => tasks.delete(id)); // the next picture tries again
  const task = await started;
  onStep(0, 1);
  networkMilliseconds = 0;
  const begin = performance.now();
  const result = await task(picture);
  return {
    result,
    networkMilliseconds,
    milliseconds: performance.now() - begin,
    first: compiled,
  };
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof WgconvError))
    return { message: String((error as Error)?.message ?? error) };
  const { code, message, node, value } = error;
  return { code, message, node, value };
}

async function answer(request: Request): Promise<Reply> {
  const { id, task } = request;
  current = id;
  try {
    return { id, kind: 'finished', finished: await compute(request) };
  } catch (error) {
    if (id === latest) tasks.delete(task);
    return { id, kind: 'failed', failure: failureOf(error) };
  }
}

let queue = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  latest = data.id;
  queue = queue.then(async () => postMessage(await answer(data)));
});
