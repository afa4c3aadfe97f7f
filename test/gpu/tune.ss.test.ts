/** Tuning on a device: what is wrong is never chosen, what was found is used again. */

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, type SessionOptions, Tensor } from '../../src/index.ts';
import { findOperator, loadOperators } from '../../src/ops/index.ts';
import type { Candidate } from '../../src/ops/operator.ts';
import type { Tuning, TuningStore } from '../../src/session/tune/tuning.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const dims = [1, 6, 12, 12];
const attributes = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] };

/** Two convolutions of the same problem, and a third of another. */
const model = encodeModel({
  nodes: [
    { op: 'Conv', name: 'a', inputs: ['x', 'w1'], outputs: ['p'], attributes },
    { op: 'Conv', name: 'b', inputs: ['p', 'w1'], outputs: ['q'], attributes },
    {
      op: 'Conv',
      name: 'c',
      inputs: ['q', 'w2'],
      outputs: ['y'],
      attributes: { pads: [0, 0, 0, 0] },
    },
  ],
  inputs: [{ name: 'x', dims }],
  outputs: ['y'],
  initializers: { w1: uniform([6, 6, 3, 3], 1), w2: uniform([12, 6, 1, 1], 2) },
});

class MemoryStore implements TuningStore {
  kept: unknown;
  saves = 0;
  load = async () => this.kept;
  save = async (tuning: Tuning) => {
    this.kept = structuredClone(tuning);
    this.saves++;
  };
}

/** A fixed one, in which a dispatch costs nothing: the planted algorithm may need two. */
const gpu = { ceiling: { gflops: 50, gbps: 4, dispatchSeconds: 1e-9, parallelism: 8 } };

async function opened(options: SessionOptions) {
  const session = await InferenceSession.create(model, { gpu, ...options });
  const report = session.report();
  const feed = new Tensor('float32', elementsOf(uniform(dims, 3)), dims);
  const { y } = await session.run({ x: feed });
  const values = Array.from((await y?.getData()) as Float32Array);
  await session.dispose();
  const algorithms = Object.fromEntries(
    report.nodes.map(({ name, algorithm }) => [name, algorithm]),
  );
  return { report, algorithms, values };
}

beforeAll(() => loadOperators(['Conv']));
afterEach(() => vi.restoreAllMocks());

describe('a wrong algorithm', () => {
  /** Adds one that forgets the last block of input channels: fast, and the cost model's favourite. */
  function plant() {
    const conv = findOperator('Conv');
    if (!conv) throw new Error('Conv is not loaded');
    const lower = conv.lower.bind(conv);
    vi.spyOn(conv, 'lower').mockImplementation((io, values, caps) => {
      const all = lower(io, values, caps);
      const honest = all.find(({ algorithm }) => algorithm.startsWith('conv_direct'));
      if (!honest) return all;
      const planted: Candidate = {
        ...honest,
        algorithm: 'planted',
        cost: { ...honest.cost, macs: 1, bytes: 1, serialBytes: 0 },
        // One that converts the source's layout first stays as it is.
        dispatches: honest.dispatches.map((dispatch) =>
          dispatch.uniforms.padTop === undefined
            ? dispatch
            : {
                ...dispatch,
                uniforms: { ...dispatch.uniforms, padTop: Number(dispatch.uniforms.padTop) + 1 },
              },
        ),
      };
      return [planted, ...all];
    });
  }

  it('is what the cost model takes, and tuning rejects it by its values', async () => {
    const honest = await opened({ tune: 'off' });
    plant();
    const fooled = await opened({ tune: 'off' });
    expect(fooled.algorithms.a).toBe('planted');
    const { report, algorithms, values } = await opened({
      tune: 'full',
      tuning: new MemoryStore(),
    });
    expect(Object.values(algorithms)).not.toContain('planted');
    expect(report.tuned?.length).toBeGreaterThan(0);
    for (const { candidates, expected } of report.tuned ?? []) {
      expect(expected).toBe('planted');
      const planted = candidates.find(({ algorithm }) => algorithm === 'planted');
      expect(planted?.rejected).toMatch(/wrong values/);
      expect(planted?.milliseconds).toBeUndefined();
    }
    values.forEach((value, index) => {
      expect(Math.abs(value - (honest.values[index] as number))).toBeLessThan(1e-4);
    });
  }, 120_000);
});

describe('what tuning found', () => {
  it('is kept once for each problem, and used again without timing', async () => {
    const store = new MemoryStore();
    const first = await opened({ tune: 'full', tuning: store });
    const timed = first.report.tuned ?? [];
    // a reads the graph's input and b a block layout: they may or may not be one problem.
    expect(timed.flatMap(({ nodes }) => nodes).sort()).toEqual(
      expect.arrayContaining(['a', 'b', 'c']),
    );
    for (const { candidates, chosen } of timed) {
      const own = candidates.find(({ algorithm }) => algorithm === chosen);
      expect(own?.milliseconds?.median).toBeGreaterThan(0);
    }
    expect(store.saves).toBe(1);
    const again = await opened({ tuning: store });
    expect(again.report.tuned).toEqual([]);
    expect(again.algorithms).toEqual(first.algorithms);
    expect(store.saves).toBe(1);
    // The same as plain data.
    const shipped = await opened({ tuning: store.kept as Tuning });
    expect(shipped.algorithms).toEqual(first.algorithms);
    const address = `data:application/json,${encodeURIComponent(JSON.stringify(store.kept))}`;
    const fetched = await opened({ tuning: address });
    expect(fetched.algorithms).toEqual(first.algorithms);
    expect(fetched.report.tuningNote).toBeUndefined();
  }, 120_000);

  it('is void where the shader is another one by now', async () => {
    const store = new MemoryStore();
    await opened({ tune: 'full', tuning: store });
    const off = await opened({ tune: 'off' });
    const forged = JSON.parse(JSON.stringify(store.kept)) as Tuning;
    for (const choices of Object.values(forged.devices)) {
      for (const key of Object.keys(choices)) {
        const listed = off.report.nodes.find(({ name }) => name === 'c')?.candidates ?? [];
        (choices as Record<string, unknown>)[key] = { algorithm: listed.at(-1), shaders: 'old' };
      }
    }
    const session = await opened({ tuning: forged });
    expect(session.algorithms).toEqual(off.algorithms);
  }, 120_000);

  it.each([['text'], [{ format: 'something else', devices: {} }], [{ devices: 7 }], [null]])(
    'foreign content counts as none: %j',
    async (content) => {
      const store = new MemoryStore();
      store.kept = content;
      const { report } = await opened({ tuning: store });
      expect(report.tuned).toEqual([]);
      expect(report.tuningNote).toBe(
        content === null ? undefined : 'what was kept is no tuning, and counts as none',
      );
    },
  );
});

it.each([
  ['a number', 7],
  ['a store without promises', { load: () => 'text', save: () => {} }],
  [
    'a store that throws',
    {
      load() {
        throw new Error('disk');
      },
      save() {
        throw new Error('disk');
      },
    },
  ],
])(
  'tuning that is %s counts as none',
  async (_, given) => {
    for (const tune of ['cached', 'full'] as const) {
      const { report } = await opened({ tune, tuning: given as unknown as TuningStore });
      expect(report.tuningNote).toContain('is no tuning');
    }
  },
  120_000,
);

it('ends early when it is told to, and keeps what it has', async () => {
  const store = new MemoryStore();
  const controller = new AbortController();
  const onProgress: SessionOptions['onProgress'] = ({ stage, done }) => {
    if (stage === 'tune' && done === 1) controller.abort(new Error('enough'));
  };
  const options = { tune: 'full', tuning: store, signal: controller.signal, onProgress } as const;
  await expect(InferenceSession.create(model, options)).rejects.toThrow('enough');
  // It rejects at once; the candidate that is being timed ends first.
  await vi.waitFor(() => expect(store.saves).toBe(1), 20_000);
  const kept = Object.values((store.kept as Tuning).devices).flatMap((one) => Object.keys(one));
  expect(kept.length).toBeGreaterThan(0);
}, 120_000);
