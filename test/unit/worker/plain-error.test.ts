/** Errors after structured clone are what they were before. */

import { expect, test } from 'vitest';
import * as errors from '../../../src/core/errors.ts';
import { fromPlainError, toPlainError } from '../../../src/worker/plain-error.ts';

const { DeviceLostError, WgconvError } = errors;

function crossed(thrown: unknown): unknown {
  return fromPlainError(structuredClone(toPlainError(thrown)));
}

test('a WgconvError keeps its class, code, place, data and stack', () => {
  const error = new WgconvError('invalid-shape', 'the shapes differ', {
    ...{ node: 'conv1', operator: 'Conv', value: 'w' },
    data: { expected: [1, 'N'], actual: [2, 3] },
  });
  const there = crossed(error) as errors.WgconvError;
  expect(there).toBeInstanceOf(WgconvError);
  expect(there).not.toBeInstanceOf(DeviceLostError);
  expect(there.message).toBe('the shapes differ (Conv node "conv1")');
  expect(there).toMatchObject({ name: 'WgconvError', code: 'invalid-shape', node: 'conv1' });
  expect(there).toMatchObject({ operator: 'Conv', value: 'w', data: error.data });
  expect(there.stack).toBe(error.stack);
  expect(there.cause).toBeUndefined();
  expect(Object.keys(there).sort()).toEqual(Object.keys(error).sort());
});

test('every class of errors is itself again', () => {
  const classes = Object.values(errors).filter(
    (made) => made.prototype instanceof WgconvError || made === WgconvError,
  ) as unknown as (new (
    ...args: string[]
  ) => errors.WgconvError)[];
  expect(classes.length).toBeGreaterThanOrEqual(2);
  for (const Class of classes) {
    const error = new Class('device-lost', 'it went away');
    const there = crossed(error) as errors.WgconvError;
    expect(there.constructor).toBe(Class);
    expect(there.message).toBe(error.message);
    expect(there.name).toBe(Class.name);
  }
});

test('causes cross, too', () => {
  const inner = new WgconvError('limit-exceeded', 'too large', { cause: new TypeError('offset') });
  const there = crossed(new WgconvError('invalid-model', 'no model', { cause: inner }));
  const { cause } = there as { cause: errors.WgconvError };
  expect(cause).toBeInstanceOf(WgconvError);
  expect(cause).toMatchObject({ code: 'limit-exceeded', message: 'too large' });
  expect(cause.cause).toBeInstanceOf(TypeError);
  expect((cause.cause as Error).message).toBe('offset');
});

test('what cannot be cloned is told in words', () => {
  const data = { device: () => {} };
  const there = crossed(new WgconvError('internal', 'lost', { data, cause: () => 'why' }));
  expect(there).toMatchObject({ code: 'internal', message: 'lost' });
  expect((there as Error).cause).toContain('why');
  const odd = Object.assign(new RangeError('far'), { data });
  expect(crossed(odd)).toBeInstanceOf(Error);
  expect((crossed(odd) as Error).message).toContain('far');
});

test('what is no error crosses as it is', () => {
  expect(crossed('stopped')).toBe('stopped');
  expect(crossed(undefined)).toBeUndefined();
});
