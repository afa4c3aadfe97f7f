/** A worker that never answers is given up. */

import { afterEach, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/worker/connection.ts';

afterEach(() => vi.useRealTimers());

/** As one whose script listens to something else. */
class SilentWorker extends EventTarget {
  postMessage(): void {}
}

test('after half a minute, with what its script lacks', async () => {
  vi.useFakeTimers();
  const connection = Connection.open(new SilentWorker() as EventTarget as Worker);
  let error: unknown;
  const call = connection.call(undefined, (remote, ticket) => remote.dispose(ticket, 1));
  call.catch((reason: unknown) => {
    error = reason;
  });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(error).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2000);
  expect(error).toMatchObject({
    code: 'worker-failed',
    message: expect.stringMatching(/does not answer.*import 'wgconv\/worker-main'/),
  });
  expect(vi.getTimerCount()).toBe(0);
});
