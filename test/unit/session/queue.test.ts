/** Overlapping runs, aborted ones, and `dispose()` between them, on the cpu backend. */

import { expect, it, vi } from 'vitest';
import { Tensor } from '../../../src/index.ts';
import type { Progress } from '../../../src/session/backend.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

/** y is x times 2 to the power of `length`, by as many nodes. */
function doublings(length: number): Uint8Array {
  const names = Array.from({ length: length + 1 }, (_, at) => (at === length ? 'y' : `v${at}`));
  return encodeModel({
    nodes: names.slice(1).map((name, at) => {
      const before = at === 0 ? 'x' : (names[at] as string);
      return { op: 'Add', inputs: [before, before], outputs: [name] };
    }),
    inputs: [{ name: 'x', dims: ['N'] }],
    outputs: ['y'],
  });
}

const create = (length: number, onProgress?: (progress: Progress) => void) =>
  InferenceSession.create(doublings(length), { backend: 'cpu', onProgress });
const fed = (...values: number[]) => ({ x: new Tensor('float32', Float32Array.from(values)) });

/** What a run gave, or why it failed, in the order in which runs settle. */
function recorder() {
  const settled: unknown[] = [];
  const note = (run: Promise<Record<string, Tensor>>) =>
    run.then(
      ({ y }) => settled.push(Array.from(y?.data as Float32Array)),
      (error: unknown) => settled.push((error as { code?: string }).code ?? error),
    );
  return { settled, note };
}

it('takes overlapping runs in order, whichever of them fail', async () => {
  const session = await create(2);
  const { settled, note } = recorder();
  await Promise.all([
    note(session.run(fed(1))),
    note(session.run(fed(2), { outputs: ['z'] })),
    note(session.run(fed(3, 4))),
    note(session.run(fed(5))),
  ]);
  expect(settled).toEqual([[4], 'invalid-argument', [12, 16], [20]]);
  await session.dispose();
});

it('never begins a run that is aborted while it waits, and rejects it at once', async () => {
  let nodes = 0;
  const session = await create(1, ({ stage }) => {
    if (stage === 'run') nodes++;
  });
  const { settled, note } = recorder();
  const controller = new AbortController();
  const { signal } = controller;
  const runs = [
    note(session.run(fed(1))),
    note(session.run(fed(2), { signal })),
    note(session.run(fed(3))),
    note(session.run(fed(4), { signal })),
  ];
  controller.abort('enough');
  await Promise.all(runs);
  expect(settled).toEqual(['enough', 'enough', [2], [6]]);
  expect(nodes).toBe(2);
  await expect(session.run(fed(5), { signal })).rejects.toBe('enough');
  expect(nodes).toBe(2);
  await session.dispose();
});

it('ends a run between two nodes, and the next one is right', async () => {
  const controller = new AbortController();
  let nodes = 0;
  const session = await create(6, ({ stage }) => {
    if (stage === 'run' && ++nodes === 3) controller.abort();
  });
  await expect(session.run(fed(1), { signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  const { y } = await session.run(fed(1));
  expect(y?.data).toEqual(Float32Array.of(64));
  expect(nodes).toBe(3 + 6);
  await session.dispose();
});

it('ends reading activations', async () => {
  const session = await create(3);
  const options = { signal: AbortSignal.abort('no') };
  await expect(session.activations(fed(1), ['v1'], options)).rejects.toBe('no');
  const { v1 } = await session.activations(fed(1), ['v1'], {
    signal: new AbortController().signal,
  });
  expect(v1?.data).toEqual(Float32Array.of(2));
  await session.dispose();
});

it('leaves no listener on a signal that thousands of runs are given', async () => {
  const session = await create(1);
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  for (let round = 0; round < 250; round++) {
    await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        session.run(fed(at), { signal, outputs: [at % 3 === 0 ? 'none' : 'y'] }),
      ),
    );
  }
  expect(add).toHaveBeenCalledTimes(2000);
  expect(remove.mock.calls).toEqual(add.mock.calls);
  await session.dispose();
});

it('completes a profile that was asked for before dispose()', async () => {
  const session = await create(2);
  const [profile] = await Promise.all([session.profile(fed(1)), session.dispose()]);
  expect(profile.nodes).toHaveLength(2);
});

it('completes what was called before dispose(), and refuses what comes after', async () => {
  const session = await create(2);
  const { settled, note } = recorder();
  const runs = [note(session.run(fed(1))), note(session.run(fed(2)))];
  const disposed = session.dispose().then(() => settled.push('gone'));
  const again = session.dispose().then(() => settled.push('gone'));
  runs.push(note(session.run(fed(3))));
  await Promise.all([...runs, disposed, again]);
  expect(settled).toEqual(['disposed', [4], [8], 'gone', 'gone']);
});
