/** Several plans and sessions on one device: what they hold together, and that none disturbs another. */

import { afterEach, expect, it, vi } from 'vitest';
import { BufferPool, type PoolContext } from '../../src/gpu/buffer-pool.ts';
import { gpuMemory, InferenceSession } from '../../src/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { corner, pools, slowCeiling } from '../support/pools.ts';

const assume = { ceiling: 'assume' } as const;
const slow = { ceiling: slowCeiling };

afterEach(() => vi.restoreAllMocks());

/** Beside activations a plan holds its uniforms and what its output is read through. */
const apart = (side: number) => 256 * 8 + 4 * side ** 2;

it('several plans and sessions hold about what the largest does, and are right in any order', async () => {
  const { device, liveBytes } = await countingDevice();
  const gpu = { ...assume, device };
  const check = async (session: InferenceSession, steps: number, side: number) => {
    const { y } = await session.run({ x: corner(side, 1, side) });
    expect(y?.data).toEqual(corner(side, steps + 1, side).data);
    expect(gpuMemory(device).bytes).toBe(liveBytes());
  };
  const one = await InferenceSession.create(pools(3, 'H'), { gpu });
  await check(one, 3, 64);
  const alone = liveBytes();
  expect(alone).toBeGreaterThan(2 * 4 * 64 ** 2);

  const two = await InferenceSession.create(pools(5, 'H'), { gpu });
  await check(two, 5, 48);
  await check(one, 3, 32);
  expect(liveBytes()).toBeLessThan(alone + apart(48) + apart(32));
  // A larger plan: the others move to its buffers.
  await check(two, 5, 96);
  for (const [session, steps, side] of [
    [one, 3, 64],
    [two, 5, 96],
    [one, 3, 32],
    [two, 5, 48],
  ] as const) {
    await check(session, steps, side);
  }
  expect(liveBytes()).toBeLessThan(alone * (96 / 64) ** 2 + 2 * (apart(96) + apart(64)));
  // And back, when it is gone.
  await two.dispose();
  await check(one, 3, 64);
  expect(liveBytes()).toBeLessThan(1.3 * alone + apart(32));
  await one.dispose();
  expect([liveBytes(), gpuMemory(device)]).toEqual([0, { bytes: 0, objects: 0 }]);
  device.destroy();
});

it('runs in many submissions, of two sessions at once, do not mix', async () => {
  const { device } = await countingDevice();
  const gpu = { ...slow, device };
  const sessions = await Promise.all(
    [2, 4, 7].map((steps) => InferenceSession.create(pools(steps, 'H'), { gpu })),
  );
  const rounds = [1, 2, 3, 4].flatMap((value) =>
    [2, 4, 7].map((steps, at) => ({ value, steps, at })),
  );
  await Promise.all(
    rounds.map(async ({ value, steps, at }) => {
      const { y } = (await sessions[at]?.run({ x: corner(value, 1) })) ?? {};
      expect(y?.data).toEqual(corner(value, steps + 1).data);
    }),
  );
  // Also where one of them ends early.
  const controller = new AbortController();
  const [, second, third] = sessions as [InferenceSession, InferenceSession, InferenceSession];
  const submit = device.queue.submit.bind(device.queue);
  const spy = vi.spyOn(device.queue, 'submit').mockImplementation((commands) => {
    submit(commands);
    if (spy.mock.calls.length === 3) controller.abort('enough');
  });
  const aborted = third.run({ x: corner(9, 1) }, { signal: controller.signal });
  const whole = second.run({ x: corner(5, 1) });
  await expect(aborted).rejects.toBe('enough');
  expect((await whole).y?.data).toEqual(corner(5, 5).data);
  expect(spy).toHaveBeenCalledTimes(3 + 4);
  for (const session of sessions) await session.dispose();
  device.destroy();
});

it('a session submits while another one reads what it has computed', async () => {
  const { device } = await countingDevice();
  const gpu = { ...assume, device };
  const [one, two] = await Promise.all([
    InferenceSession.create(pools(2, 'H'), { gpu }),
    InferenceSession.create(pools(3, 'H'), { gpu }),
  ]);
  const x = corner(1, 1);
  await Promise.all([one.run({ x }), two.run({ x })]);
  const events: string[] = [];
  const submit = device.queue.submit.bind(device.queue);
  vi.spyOn(device.queue, 'submit').mockImplementation((commands) => {
    submit(commands);
    events.push('submitted');
  });
  const read = () => events.push('read');
  await Promise.all([one.run({ x }).then(read), two.run({ x }).then(read)]);
  expect(events).toEqual(['submitted', 'submitted', 'read', 'read']);
  await Promise.all([one.dispose(), two.dispose()]);
  device.destroy();
});

it('others run while a session is verified', async () => {
  const { device, liveBytes } = await countingDevice();
  const gpu = { ...assume, device };
  const [one, two] = await Promise.all([
    InferenceSession.create(pools(6, 'H'), { gpu }),
    InferenceSession.create(pools(3, 'H'), { gpu }),
  ]);
  const x = corner(1, 1);
  await Promise.all([one.run({ x }), two.run({ x })]);
  const before = liveBytes();
  let isVerified = false;
  const verified = one.verify({ x }).then((report) => {
    isVerified = true;
    return report;
  });
  let meanwhile = 0;
  while (!isVerified) {
    const { y } = await two.run({ x });
    expect(y?.data).toEqual(corner(1, 4).data);
    meanwhile++;
  }
  expect(meanwhile).toBeGreaterThan(1);
  expect((await verified).firstWrong).toBeUndefined();
  expect((await verified).ok).toBe(true);
  expect(liveBytes()).toBe(before);
  await Promise.all([one.dispose(), two.dispose()]);
  expect(liveBytes()).toBe(0);
  device.destroy();
});

it('a plan without memory leaves the others theirs', async () => {
  const { device, liveBytes } = await countingDevice();
  let isFull = false;
  const context: PoolContext = {
    device,
    guard: async (what, make) => {
      const made = make();
      if (isFull) throw new Error(`no memory for ${what}`);
      return made;
    },
  };
  const pool = new BufferPool(context);
  const small = pool.lease([1024, 4096, 64]);
  const sizes = (lease: typeof small) => lease.use((all) => all.map(({ size }) => size));
  expect(await sizes(small)).toEqual([1024, 4096, 64]);
  isFull = true;
  const large = pool.lease([65536]);
  const waiting = [sizes(large), sizes(small)];
  await expect(waiting[0]).rejects.toThrow('no memory for the activations');
  await expect(waiting[1]).rejects.toThrow('no memory for the activations');
  isFull = false;
  expect(await sizes(small)).toEqual([1024, 4096, 64]);
  expect(await sizes(large)).toEqual([65536]);
  expect(await sizes(small)).toEqual([1024, 65536, 64]);
  expect(liveBytes()).toBe(1024 + 65536 + 64);
  // Somebody has a turn: what is not needed goes after it.
  const held = small.use(() => large.release());
  expect(liveBytes()).toBe(1024 + 65536 + 64);
  await held;
  expect(liveBytes()).toBe(1024 + 64);
  expect(await sizes(small)).toEqual([1024, 4096, 64]);
  small.release();
  expect(liveBytes()).toBe(0);
  device.destroy();
});
