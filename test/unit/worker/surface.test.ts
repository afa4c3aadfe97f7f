/** Both sessions have the same members; a member that only one of them has does not compile here. */

import { expect, expectTypeOf, test } from 'vitest';
import { InferenceSession } from '../../../src/index.ts';
import { WorkerSession } from '../../../src/worker/index.ts';
import type { SessionSurface } from '../../../src/worker/worker-session.ts';

/** It holds all weights, and stays in the worker. */
type Kept = 'graph';
type Members = Exclude<keyof InferenceSession, Kept>;
type Statics = Exclude<keyof typeof InferenceSession, 'prototype'>;

/** How many arguments a method takes. */
type Count<F> = F extends (...args: infer A) => unknown ? A['length'] : 'no method';
type TakesOthers = {
  [K in Members & keyof WorkerSession]: [
    Count<InferenceSession[K]>,
    Count<WorkerSession[K]>,
  ] extends [Count<WorkerSession[K]>, Count<InferenceSession[K]>]
    ? never
    : K;
}[Members & keyof WorkerSession];

test('WorkerSession has the members of InferenceSession, and takes as many arguments', () => {
  expectTypeOf<keyof WorkerSession>().toEqualTypeOf<Members>();
  expectTypeOf<keyof SessionSurface>().toEqualTypeOf<Members>();
  expectTypeOf<TakesOthers>().toBeNever();
  expectTypeOf<Exclude<keyof typeof WorkerSession, 'prototype'>>().toEqualTypeOf<Statics>();
});

test('and when they run', () => {
  const members = (of: object) => Object.getOwnPropertyNames(of).sort();
  const kept = ['device']; // a property there, a getter here
  expect([...members(WorkerSession.prototype), ...kept].sort()).toEqual(
    members(InferenceSession.prototype),
  );
  expect(members(WorkerSession)).toEqual(members(InferenceSession));
});
