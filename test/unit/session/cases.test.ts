/** The cases on which published engines go wrong, on the `cpu` backend. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InferenceSession } from '../../../src/index.ts';
import { differences, feedsOf, modelOf, parseCases } from '../../support/published-values.ts';

const file = '../shared/cases/cases.json';
const hasCases = existsSync(file);
const cases = hasCases ? parseCases(readFileSync(file, 'utf8')) : [];

describe.skipIf(!hasCases)('cases on which published engines go wrong, on the CPU', () => {
  it('has all of them', () => {
    expect(cases.length).toBe(32);
  });

  for (const testCase of cases) {
    it(`${testCase.name}: ${testCase.why}`, async () => {
      for (const constantWeights of [true, false]) {
        const session = await InferenceSession.create(modelOf(testCase, constantWeights), {
          backend: 'cpu',
        });
        const outputs = await session.run(feedsOf(testCase, session.inputNames));
        expect(differences(testCase, outputs)).toEqual([]);
      }
    });
  }
});
