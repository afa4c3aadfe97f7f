/** What a session says to wrong feeds and to a host without WebGPU. */

import { beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../../src/core/tensor.ts';
import { InferenceSession, Tensor, WgconvError } from '../../../src/index.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

const model = encodeModel({
  nodes: [{ op: 'Add', inputs: ['left', 'right'], outputs: ['sum'] }],
  inputs: [
    { name: 'left', dims: ['N', 3] },
    { name: 'right', dims: [1, 3] },
  ],
  outputs: ['sum'],
});

const row = (count: number) => new Tensor('float32', new Float32Array(count * 3), [count, 3]);

async function refusal(work: () => Promise<unknown>): Promise<WgconvError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof WgconvError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a session', () => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await InferenceSession.create(model, { backend: 'cpu' });
  });

  it('runs what fits, whatever the symbolic batch', async () => {
    const { sum } = await session.run({ left: row(4), right: row(1) });
    expect(sum?.dims).toEqual([4, 3]);
  });

  it('names an input that is missing', async () => {
    const error = await refusal(() => session.run({ left: row(1) }));
    expect(error.code).toBe('missing-input');
    expect(error.message).toBe('the input "right" (float32[1,3]) is missing from the feeds');
  });

  it('names an input that the model does not have, and those that it has', async () => {
    const error = await refusal(() => session.run({ left: row(1), right: row(1), middle: row(1) }));
    expect(error.code).toBe('unknown-input');
    expect(error.message).toContain('no input "middle"');
    expect(error.message).toContain('"left", "right"');
  });

  it('names both element types', async () => {
    const right = new Tensor('int32', new Int32Array(3), [1, 3]);
    const error = await refusal(() => session.run({ left: row(1), right }));
    expect(error.code).toBe('wrong-type');
    expect(error.message).toContain('"right" takes float32');
    expect(error.message).toContain('int32');
  });

  it('names both shapes', async () => {
    const error = await refusal(() => session.run({ left: row(1), right: row(2) }));
    expect(error.code).toBe('wrong-shape');
    expect(error.message).toContain('"right"');
    expect(error.message).toContain('[1,3]');
    expect(error.message).toContain('[2,3]');
  });

  it('goes on working after a refusal, and runs overlapping calls in order', async () => {
    await refusal(() => session.run({ left: row(1) }));
    const one = new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]);
    const all = await Promise.all([2, 3, 4].map((n) => session.run({ left: row(n), right: one })));
    expect(all.map(({ sum }) => sum?.dims[0])).toEqual([2, 3, 4]);
  });

  it('names the node whose output is larger than any memory, and an index that is none', async () => {
    const model = (rows: bigint) =>
      encodeModel({
        nodes: [
          { op: 'Gather', name: 'pick', inputs: ['right', 'left'], outputs: ['picked'] },
          { op: 'Expand', name: 'grow', inputs: ['right', 'shape'], outputs: ['y'] },
        ],
        inputs: [
          { name: 'left', type: 'int64', dims: ['N'] },
          { name: 'right', dims: [1, 3] },
        ],
        outputs: ['picked', 'y'],
        initializers: {
          shape: hostTensor('int64', [3], BigInt64Array.of(2n, rows, 3n)),
        },
      });
    const pick = async (rows: bigint, index: bigint) => {
      const other = await InferenceSession.create(model(rows), { backend: 'cpu' });
      return refusal(() =>
        other.run({ left: new Tensor('int64', BigInt64Array.of(index), [1]), right: row(1) }),
      );
    };
    const large = await pick(10n ** 10n, 0n);
    expect([large.code, large.node]).toEqual(['limit-exceeded', 'grow']);
    const outside = await pick(1n, 7n);
    expect([outside.code, outside.node]).toEqual(['invalid-argument', 'pick']);
    expect(outside.message).toContain('index 7');
  });

  it('says which sizes a plan lacks', async () => {
    const error = await refusal(() => session.prepare());
    expect(error.code).toBe('missing-input');
    expect(error.message).toBe('the input "left" has the shape [N,3]; say which sizes it takes');
  });

  it('names what a plan is asked for that the model lacks, and sizes that do not fit', async () => {
    const typo = await refusal(() => session.prepare({ lefd: [2, 3] }));
    expect(typo.code).toBe('unknown-input');
    expect(typo.message).toBe('the model has no input "lefd"; its inputs are "left", "right"');
    const wrong = await refusal(() => session.prepare({ left: [2, 4] }));
    expect(wrong.code).toBe('wrong-shape');
    expect(wrong.message).toBe('the input "left" takes the shape [N,3], not [2,4]');
  });

  it('says that it was disposed', async () => {
    const other = await InferenceSession.create(model, { backend: 'cpu' });
    await other.dispose();
    const error = await refusal(() => other.run({ left: row(1), right: row(1) }));
    expect(error.code).toBe('disposed');
  });
});

describe('what is no model and what are no feeds', () => {
  it.each([undefined, null, 3, {}])('is refused: %s as a model', async (nothing) => {
    const error = await refusal(() =>
      InferenceSession.create(nothing as never, { backend: 'cpu' }),
    );
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain('URL of an ONNX file');
  });

  it('is refused: no feeds at all', async () => {
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    const error = await refusal(() => session.run(undefined as never));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain('{ left: tensor }');
  });
});

describe('an option that does not exist', () => {
  it('names the backends that do', async () => {
    const error = await refusal(() =>
      InferenceSession.create(model, { backend: 'wasm' as 'webgpu' }),
    );
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toBe("there is no backend \"wasm\"; use 'webgpu', 'cpu' or 'auto'");
  });

  it.each([
    ['option "backen"', { backen: 'cpu' }],
    ['option of gpu "devise"', { gpu: { devise: 1 } }],
    ['pass "fuse"', { disable: ['fuse'] }],
  ])('is refused: %s', async (name, options) => {
    const error = await refusal(() =>
      InferenceSession.create(model, { backend: 'cpu', ...options } as never),
    );
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain(`there is no ${name}; use `);
  });

  it('is refused in run(), too', async () => {
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    const error = await refusal(() =>
      session.run({ left: row(1), right: row(1) }, { output: ['sum'] } as never),
    );
    expect(error.message).toMatch(/^there is no option of run\(\) "output"; use 'outputs', /);
  });

  const feeds = { left: row(1), right: row(1) };
  it.each<[string, (session: InferenceSession, options: never) => Promise<unknown>]>([
    ['run', (session, options) => session.run(feeds, options)],
    ['activations', (session, options) => session.activations(feeds, undefined, options)],
    ['profile', (session, options) => session.profile(feeds, options)],
    ['verify', (session, options) => session.verify(feeds, options)],
  ])('is refused in %s(), and so is null', async (name, call) => {
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    const unknown = await refusal(() => call(session, { outptus: [] } as never));
    expect(unknown.message).toMatch(`there is no option of ${name}() "outptus"; use '`);
    const none = await refusal(() => call(session, null as never));
    expect(none.code).toBe('invalid-argument');
    expect(none.message).toBe(`options of ${name}() must be in an object, not null`);
    const controller = { signal: new AbortController() };
    const signal = await refusal(() => call(session, controller as never));
    expect(signal.message).toMatch(/^signal takes an AbortSignal: /);
  });

  it('is refused as a location', async () => {
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    const options = { location: 'gpu' } as never;
    for (const call of [
      () => session.run(feeds, options),
      () => session.activations(feeds, undefined, options),
    ]) {
      const error = await refusal(call);
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toBe("there is no location \"gpu\"; use 'cpu' or 'gpu-buffer'");
    }
  });
});

describe('a host without WebGPU', () => {
  it('says so and offers the cpu backend', async () => {
    const error = await refusal(() => InferenceSession.create(model));
    expect(error.code).toBe('no-webgpu');
    expect(error.message).toContain('no WebGPU');
    expect(error.message).toContain("backend: 'cpu'");
  });

  it('runs on the CPU where that is allowed', async () => {
    const session = await InferenceSession.create(model, { backend: 'auto' });
    expect(session.backend).toBe('cpu');
  });
});
