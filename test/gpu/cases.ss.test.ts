/** The cases on which published engines go wrong: every one, by every algorithm that claims it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { InferenceSession } from '../../src/index.ts';
import { differences, feedsOf, modelOf, parseCases } from '../support/published-values.ts';
import { hasShared, sharedFile } from '../support/shared-file.ts';

const cases = hasShared
  ? parseCases(new TextDecoder().decode(await sharedFile('cases/cases.json')))
  : [];

const gpu = { ceiling: 'assume' } as const;

describe.skipIf(!hasShared)('cases on which published engines go wrong', () => {
  // Held over all cases, so that sessions share one device and its pipelines.
  let held: GpuContext;
  beforeAll(async () => {
    held = await GpuContext.acquire(gpu);
  });
  afterAll(() => held.release());

  it('has all of them', () => {
    expect(cases.length).toBe(32);
  });

  for (const testCase of cases) {
    it(`${testCase.name}: ${testCase.why}`, async () => {
      const tried = new Set<string>();
      for (const constantWeights of [true, false]) {
        const model = modelOf(testCase, constantWeights);
        const algorithms = await algorithmsOf(model, testCase.name);
        for (const [index, algorithm] of algorithms.entries()) {
          const session = await InferenceSession.create(model, {
            gpu,
            ...(algorithm && { algorithm: { [testCase.name]: algorithm } }),
          });
          try {
            const feeds = feedsOf(testCase, session.inputNames);
            const outputs = await session.run(feeds);
            const used = session.report().nodes.find(({ name }) => name === testCase.name);
            if (algorithm) expect(used?.algorithm).toBe(algorithm);
            if (index > 0 && algorithm.startsWith('winograd_4x4')) {
              // Its arithmetic rounds integers, too: held to its own bound. What the engine itself
              // chooses (the first) is held to the published values.
              expect((await session.verify(feeds)).firstWrong, algorithm).toBeUndefined();
            } else {
              expect(differences(testCase, outputs), algorithm).toEqual([]);
            }
            tried.add(algorithm);
          } finally {
            await session.dispose();
          }
        }
      }
      // Convolutions of one group have several kernels, others at least one.
      const least = testCase.op === 'Conv' && (testCase.attributes.group ?? 1) === 1 ? 2 : 1;
      expect(tried.size).toBeGreaterThanOrEqual(least);
    });
  }
});

/** Every algorithm of the case's node, '' where nothing has to be computed. */
async function algorithmsOf(model: Uint8Array, node: string): Promise<readonly string[]> {
  const session = await InferenceSession.create(model, { gpu });
  const candidates = session.report().nodes.find(({ name }) => name === node)?.candidates ?? [];
  await session.dispose();
  return candidates.length > 0 ? candidates : [''];
}
