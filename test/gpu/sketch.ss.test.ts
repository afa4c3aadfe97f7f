/** Pipelines are asked for while the weights, beside a model or in it, are still on their way. */

import { afterEach, expect, test, vi } from 'vitest';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { encodeModel, type TensorInput } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const dims = [1, 4, 8, 8];
const weights = [uniform([8, 4, 3, 3], 1), uniform([8], 2), uniform([10, 8], 3)] as const;
const content = new Uint8Array(weights.reduce((sum, { bytes }) => sum + bytes.length, 0));
const places = weights.map(({ dims, bytes }, index) => {
  const before = weights.slice(0, index).reduce((sum, weight) => sum + weight.bytes.length, 0);
  content.set(bytes, before);
  const external = { location: 'net.bin', offset: `${before}`, length: `${bytes.length}` };
  return { dims, dataType: 1, external };
});

function modelOf(first = places[0]) {
  return Uint8Array.from(
    encodeModel({
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'BatchNormalization', inputs: ['c', 's', 's', 's', 'v'], outputs: ['n'] },
        { op: 'Relu', inputs: ['n'], outputs: ['r'] },
        { op: 'GlobalAveragePool', inputs: ['r'], outputs: ['g'] },
        { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'd'], outputs: ['y'], attributes: { transB: 1 } },
        { op: 'Softmax', inputs: ['y'], outputs: ['z'] },
      ],
      inputs: [{ name: 'x', dims }],
      outputs: ['z'],
      initializers: {
        ...{ w: first, s: places[1], d: places[2] },
        v: {
          ...{ type: 'float32', dims: [8] },
          bytes: new Uint8Array(new Float32Array(8).fill(2).buffer),
        },
      } as Record<string, TensorInput>,
    }),
  );
}

afterEach(() => vi.unstubAllGlobals());

/** The file of weights comes whole only when `rest` is called. */
function serve(model: Uint8Array<ArrayBuffer>) {
  let rest = () => {};
  vi.stubGlobal('fetch', async (url: string | URL) => {
    if (`${url}`.endsWith('.onnx')) return new Response(model);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(content.subarray(0, 100));
        rest = () => {
          controller.enqueue(content.subarray(100));
          controller.close();
        };
      },
    });
    return new Response(body, { headers: { 'content-length': `${content.length}` } });
  });
  return () => rest();
}

async function answerOf(session: InferenceSession): Promise<number[]> {
  const { bytes } = uniform(dims, 7);
  const x = new Tensor('float32', new Float32Array(bytes.buffer.slice(0)), dims);
  const { z } = await session.run({ x });
  await session.dispose();
  return Array.from((await z?.getData()) as Float32Array);
}

/** What a load asks for before the rest of the bytes comes, and its answer. */
async function loadedInParts(rest: () => void) {
  const counting = await countingDevice();
  const gpu = { device: counting.device, ceiling: 'assume' } as const;
  const creating = InferenceSession.create('http://127.0.0.1/net.onnx', { gpu });
  const made = () => counting.counts.createComputePipelineAsync ?? 0;
  let before = -1;
  // The probes of the device make some, too; then those of the sketch, until no more come.
  await vi.waitFor(
    () => {
      const now = made();
      const settled = now === before && now > 3;
      before = now;
      if (!settled) throw new Error(`${now} pipelines are asked for`);
    },
    { timeout: 20_000, interval: 400 },
  );
  rest();
  const session = await creating;
  const planned = session.report().pipelines;
  const answer = await answerOf(session);
  expect(counting.liveBytes()).toBe(0);
  counting.device.destroy();
  return { planned, late: made() - before, answer };
}

test('those of the plan that is made when all files have come', async () => {
  const externalData = [{ path: 'net.bin', data: content }];
  const expected = await answerOf(await InferenceSession.create(modelOf(), { externalData }));
  const { planned, late, answer } = await loadedInParts(serve(modelOf()));
  expect(planned).toBeGreaterThan(3);
  expect(late).toBeLessThanOrEqual(1);
  expect(answer).toEqual(expected);
});

test('those of the plan that is made when the one file has come, whose end is asked for', async () => {
  const weights = uniform([512, 8, 3, 3], 5);
  const file = Uint8Array.from(
    encodeModel({
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Relu', inputs: ['c'], outputs: ['r'] },
        { op: 'MaxPool', inputs: ['r'], outputs: ['p'], attributes: { kernel_shape: [2, 2] } },
        { op: 'Conv', inputs: ['p', 'u'], outputs: ['d'] },
        { op: 'GlobalAveragePool', inputs: ['d'], outputs: ['g'] },
        { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
        { op: 'Softmax', inputs: ['f'], outputs: ['z'] },
      ],
      inputs: [{ name: 'x', dims }],
      outputs: ['z'],
      initializers: { w: uniform([8, 4, 3, 3], 1), u: weights },
    }),
  );
  const expected = await answerOf(await InferenceSession.create(file));
  // The second weights are known by their shape when half of them has come.
  const half = file.length - weights.bytes.length / 2;
  let rest = () => {};
  vi.stubGlobal('fetch', async (_: unknown, init?: RequestInit) => {
    const range = (init?.headers as Record<string, string> | undefined)?.range;
    if (range) {
      const [begin = 0, last = 0] = range.slice('bytes='.length).split('-').map(Number);
      return new Response(file.slice(begin, last + 1), { status: 206 });
    }
    const body = new ReadableStream({
      async start(controller) {
        // In small pieces: a file that is there at once is not sketched.
        const piece = Math.ceil(half / 20);
        for (let at = 0; at < half; at += piece) {
          controller.enqueue(file.slice(at, Math.min(at + piece, half)));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        rest = () => {
          controller.enqueue(file.slice(half));
          controller.close();
        };
      },
    });
    const headers = { 'content-length': `${file.length}`, 'accept-ranges': 'bytes' };
    return new Response(body, { headers });
  });
  const { planned, late, answer } = await loadedInParts(() => rest());
  expect(planned).toBeGreaterThan(3);
  expect(late).toBeLessThanOrEqual(1);
  expect(answer).toEqual(expected);
});

test('a model that cannot be planned says so when all has come, as without a sketch', async () => {
  const broken = modelOf({ ...(places[0] as (typeof places)[0]), dims: [2 ** 20, 2 ** 20, 3, 3] });
  const rest = serve(broken);
  const creating = InferenceSession.create('http://127.0.0.1/net.onnx');
  setTimeout(rest, 300);
  await expect(creating).rejects.toThrow(/the initializer "w" has dims/);
});
