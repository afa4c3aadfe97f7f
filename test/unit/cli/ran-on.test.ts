/** Where a model is said to have run. */

import { expect, test } from 'vitest';
import { ranOn } from '../../../src/cli/session-engine.ts';
import type { NodeReport, SessionReport } from '../../../src/session/report.ts';

const report = (...places: NodeReport['runsOn'][]) =>
  ({ nodes: places.map((runsOn) => ({ runsOn })) }) as unknown as SessionReport;

test.each([
  [['cpu', 'cpu'], 'cpu'],
  [['gpu', 'view', 'gpu'], 'gpu'],
  [['view'], 'gpu'],
  [['gpu', 'host'], 'mixed'],
  [['view', 'host'], 'host'],
  [['host'], 'host'],
  [[], 'host'],
] as const)('%j is %s', (places, expected) => {
  expect(ranOn(report(...places))).toBe(expected);
});
