/** What types do not check of a session's arguments is refused in words, not by an error of JavaScript. */

import { beforeAll, describe, expect, test } from 'vitest';
import { gpuMemory, InferenceSession, Tensor } from '../../../src/index.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

const model = encodeModel({
  nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
  inputs: [{ name: 'x', dims: ['N', 2] }],
  outputs: ['y'],
});
const x = new Tensor('float32', [1, 2], [1, 2]);

const refused = (message: string) => ({
  ...{ name: 'WgconvError', code: 'invalid-argument' },
  message: expect.stringContaining(message),
});

test.each<[object | null, string]>([
  [null, 'options must be in an object, not null'],
  [[], 'options must be in an object, not a list'],
  [{ algorithm: 'fast' }, 'algorithm has no meaning with the backend cpu'],
  [{ externalData: {} }, 'externalData is a list of files'],
  [{ externalData: [5] }, 'externalData is a list of files'],
  [{ externalData: [{ name: 'x', data: x }] }, "as [{ path: 'model.onnx.data', data }]"],
  [{ externalData: [{ path: 'x', bytes: x }] }, 'there is no option of externalData "bytes"'],
  [{ transform: () => null }, 'transform returns a graph, not null'],
  [{ gpu: true }, 'options of gpu must be in an object, not true'],
  [{ gpu: { device: {} } }, 'gpu.device takes a GPUDevice'],
  [{ gpu: { powerPreference: 'high' } }, 'there is no power preference "high"; use \'low-power\''],
  [{ signal: new AbortController() }, 'signal takes an AbortSignal: that of an AbortController'],
  [{ onProgress: 5 }, 'onProgress takes a function, not 5'],
  [{ transform: 'fold' }, 'transform takes a function, not fold'],
  [{ disable: 'dead-code' }, 'disable takes a list of passes, not "dead-code"'],
])('create(model, %j)', async (options, message) => {
  const given = options && !Array.isArray(options) ? { backend: 'cpu', ...options } : options;
  const created = InferenceSession.create(model, given as object);
  await expect(created).rejects.toMatchObject(refused(message));
});

test('load() refuses what create() refuses', async () => {
  const { session } = InferenceSession.load(model, { backend: 'cpu', onProgress: 5 as never });
  await expect(session).rejects.toMatchObject(refused('onProgress takes a function, not 5'));
});

test.each<[unknown, string]>([
  [1, 'cache takes true, the name of a cache or { name, maxBytes }, not 1'],
  [{ maxBytes: -1 }, 'maxBytes of cache is a number from 0, not -1'],
  [{ maxBytes: '1GB' }, 'maxBytes of cache is a number from 0, not "1GB"'],
])('the cache %j', async (cache, message) => {
  const options = { backend: 'cpu', cache } as object;
  const created = InferenceSession.create('http://localhost:1/net.onnx', options);
  await expect(created).rejects.toMatchObject(refused(message));
});

describe('a session', () => {
  let session: InferenceSession;
  beforeAll(async () => {
    const options = { backend: 'cpu', gpu: { powerPreference: 'low-power' } } as const;
    session = await InferenceSession.create(model, options);
  });
  const byName = 'feeds are an object of tensors by input name, as { x: tensor }';
  const shapes = 'shapes are an object of sizes by input name, as { x: [';

  test.each<[string, () => Promise<unknown>, string]>([
    ['a lone tensor', () => session.run(x as never), byName],
    ['a list of tensors', () => session.run([x] as never), byName],
    [
      'a name as outputs',
      () => session.run({ x }, { outputs: 'y' as never }),
      'outputs takes a list of names, not "y"',
    ],
    ['null as shapes', () => session.prepare(null as never), shapes],
    ['a number as a shape', () => session.prepare({ x: 2 as never }), shapes],
    [
      'options as names',
      () => session.activations({ x }, { location: 'cpu' } as never),
      'activations() takes a list of names, as ["y"]',
    ],
    [
      'a text as a number',
      () => session.profile({ x }, { runs: '3' as never }),
      'runs is a whole number from 1, not "3"',
    ],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject(refused(message));
  });

  test('says of the tensor that it was disposed', async () => {
    const gone = new Tensor('float32', [1, 2], [1, 2]);
    gone.dispose();
    expect(() => gone.data).toThrow('this tensor was disposed, or given to a worker');
  });

  test('is no device whose memory is counted', () => {
    expect(() => gpuMemory(session as never)).toThrow('gpuMemory() takes a GPUDevice');
  });
});
