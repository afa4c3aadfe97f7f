/** Profiles on the cpu backend, what is refused, and the trace file. */

import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import { chromeTrace } from '../../../src/session/profile/trace.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { tensorsOf } from '../../support/activations.ts';
import { dataDependent } from '../../support/cases/activations.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { profiledModel, profiledNodes } from '../../support/profile.ts';

const create = () => InferenceSession.create(profiledModel, { backend: 'cpu' });
const x = new Tensor('float32', new Float32Array(3 * 64).fill(1), [1, 3, 8, 8]);

describe('on the cpu backend', () => {
  it('times every node by the wall clock', async () => {
    const session = await create();
    const profile = await session.profile({ x }, { runs: 2 });
    expect(profile).toMatchObject({ backend: 'cpu', timing: 'wall', quantised: false, runs: 2 });
    expect(profile.nodes).toMatchObject(
      profiledNodes.map((node) => ({ ...node, runsOn: 'cpu', share: undefined })),
    );
    const [conv] = profile.nodes;
    // Two operations for each of 8·8·16 sums of 3·3·3 products.
    expect((conv?.gflops ?? 0) * (conv?.milliseconds ?? 0) * 1e6).toBeCloseTo(2 * 27648, 3);
    expect((conv?.gbps ?? 0) * (conv?.milliseconds ?? 0) * 1e6).toBeCloseTo(6592, 3);
    const sum = profile.nodes.reduce((total, { milliseconds }) => total + milliseconds, 0);
    expect(profile.milliseconds).toBeCloseTo(sum, 9);
    expect(profile.milliseconds).toBeGreaterThan(0);
    await session.dispose();
  });

  it('times what comes before, at and after a cut', async () => {
    const session = await InferenceSession.create(encodeModel(dataDependent.model), {
      backend: 'cpu',
    });
    const profile = await session.profile(tensorsOf(dataDependent.runs[0]?.feeds ?? {}));
    expect(profile.nodes.map(({ operator }) => operator)).toEqual([
      ...['Relu', 'NonZero', 'Squeeze', 'Gather', 'Mul', 'Relu'],
    ]);
    expect(profile.nodes[1]?.reason).toMatch(/depends on data/);
    await session.dispose();
  });

  it('refuses what it cannot do, and ends when it is told to', async () => {
    const session = await create();
    await expect(session.profile({ x }, { runs: 0 })).rejects.toThrow(
      'runs is a whole number from 1, not 0',
    );
    await expect(session.profile({ x }, { rounds: 3 } as object)).rejects.toThrow(
      'no option of profile() "rounds"',
    );
    await expect(session.profile({})).rejects.toMatchObject({ code: 'missing-input' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(session.profile({ x }, { signal })).rejects.toThrow('enough');
    // The session goes on.
    expect((await session.run({ x })).y?.dims).toEqual([1, 4]);
    await session.dispose();
  });
});

describe('the trace', () => {
  it('is the nodes end to end, as the Trace Event Format has them', async () => {
    const session = await create();
    const profile = await session.profile({ x });
    const trace = profile.trace();
    const spans = trace.traceEvents.filter(({ ph }) => ph === 'X');
    const timed = profile.nodes.filter(({ milliseconds }) => milliseconds > 0);
    expect(spans.map(({ name }) => name)).toEqual(timed.map(({ name }) => name));
    let end = 1;
    for (const { ts, dur, pid, tid } of spans) {
      expect(ts).toBeCloseTo(end, 6);
      expect([pid, tid]).toEqual([1, 2]);
      end = (ts ?? 0) + (dur ?? 0);
    }
    expect(end).toBeCloseTo(1 + profile.milliseconds * 1000, 6);
    const names = trace.traceEvents.filter(({ ph }) => ph === 'M');
    expect(names.map(({ name, tid, args }) => [name, tid, args?.name])).toEqual([
      ...[
        ['process_name', 0, 'wgconv'],
        ['thread_name', 1, 'GPU'],
        ['thread_name', 2, 'host'],
      ],
    ]);
    // A profile is plain data: what comes out of JSON or another thread makes the same trace.
    expect(chromeTrace(structuredClone(profile))).toEqual(trace);
    expect(JSON.parse(JSON.stringify(profile))).not.toHaveProperty('trace');
    await session.dispose();
  });
});
