/** Runs models with data-dependent shapes on a backend and compares with another engine. */

import { expect } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import type { StagedCase } from './cases/staged.ts';

type Outputs = Readonly<Record<string, Pick<Tensor, 'type' | 'dims' | 'data'>>>;

/** Another engine: its outputs for some feeds. */
export type Engine = (feeds: Readonly<Record<string, Tensor>>) => Promise<Outputs>;

export async function expectStagedAgrees(
  { model, feeds, selected, cutAt }: StagedCase,
  backend: 'webgpu' | 'cpu',
  engine: Engine,
): Promise<void> {
  const session = await InferenceSession.create(model, { backend });
  const inputs = feeds.map((feed) =>
    Object.fromEntries(
      Object.entries(feed).map(([name, fed]) => [
        name,
        new Tensor(fed.type, elementsOf(fed), fed.dims),
      ]),
    ),
  );
  // All at once: runs queue, each with its own counts.
  const results = await Promise.all(inputs.map((feed) => session.run(feed)));
  expect(results.map((result) => result[selected.output]?.dims[0])).toEqual(selected.counts);
  for (const [at, feed] of inputs.entries()) {
    const expected = await engine(feed);
    for (const [name, want] of Object.entries(expected)) {
      const got = results[at]?.[name];
      expect(got?.type, name).toBe(want.type);
      expect(got?.dims, name).toEqual(want.dims);
      expect(got?.location).toBe('cpu');
      const values = Array.from(got?.data as ArrayLike<number | bigint>, Number);
      Array.from(want.data as ArrayLike<number | bigint>, Number).forEach((value, index) => {
        expect(Math.abs((values[index] as number) - value), `${name}[${index}]`).toBeLessThan(1e-5);
      });
    }
  }
  const { nodes } = session.report();
  expect(nodes.find(({ name }) => name === cutAt)).toMatchObject({
    runsOn: backend === 'cpu' ? 'cpu' : 'host',
    reason: expect.stringMatching(/depends on data: the plan is cut here/),
  });
  expect(nodes.map(({ runsOn }) => runsOn)).not.toContain('later');
  if (backend === 'webgpu') {
    const report = await session.verify(inputs[0] as Record<string, Tensor>);
    expect(report.firstWrong).toBeUndefined();
    expect([report.failed, report.identicalToRun]).toEqual([0, true]);
    expect(report.passed).toBeGreaterThan(2);
  }
  await session.dispose();
}
