/** A load's progress as an async iterator. */
import { expect, test } from 'vitest';
import type { Progress } from '../../../src/index.ts';
import { Loading } from '../../../src/session/loading.ts';

const upload = (done: number): Progress => ({ stage: 'upload', done, total: 9 });
const compile = (done: number): Progress => ({ stage: 'compile', done, total: 9 });
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A load that does what the test says. */
function started(alsoTold?: (progress: Progress) => void) {
  let say: (progress: Progress) => void = () => {};
  let resolve: (value: string) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const loading = new Loading((onProgress) => {
    say = onProgress;
    return new Promise<string>((done, failed) => {
      resolve = done;
      reject = failed;
    });
  }, alsoTold);
  return { loading, say, resolve, reject };
}

async function collect(loading: Loading<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { stage, done } of loading) seen.push(`${stage} ${done}`);
  return seen;
}

test('every step comes to who listens', async () => {
  const { loading, say, resolve } = started();
  const seen = collect(loading);
  for (const done of [1, 2, 3]) {
    say(upload(done));
    await turn();
  }
  say(compile(1));
  resolve('session');
  expect(await seen).toEqual(['upload 1', 'upload 2', 'upload 3', 'compile 1']);
  expect(await loading.session).toBe('session');
});

test('a listener of the caller hears of all of it', () => {
  const heard: Progress[] = [];
  const { say } = started((progress) => heard.push(progress));
  for (const done of [1, 2]) say(upload(done));
  expect(heard).toEqual([upload(1), upload(2)]);
});

test('who is slow, or comes late, gets the latest of each stage, in order', async () => {
  const { loading, say, resolve } = started();
  for (let done = 0; done < 9; done++) {
    say(compile(done));
    say(upload(done));
  }
  say(compile(9));
  const late = collect(loading);
  const slow: string[] = [];
  for await (const { stage, done } of loading) {
    slow.push(`${stage} ${done}`);
    if (slow.length === 2) {
      for (let next = 0; next < 9; next++) say(upload(next));
      resolve('session');
    }
    await turn();
  }
  expect(slow).toEqual(['upload 8', 'compile 9', 'upload 8']);
  expect((await late).slice(0, 2)).toEqual(['upload 8', 'compile 9']);
});

test('leaving the loop leaves the load alone', async () => {
  const { loading, say, resolve } = started();
  say(upload(1));
  for await (const _ of loading) break;
  say(upload(2));
  resolve('session');
  expect(await loading.session).toBe('session');
  expect(await collect(loading)).toEqual(['upload 2']);
});

test('an error rejects the loop and the session', async () => {
  const { loading, say, reject } = started();
  const seen = collect(loading);
  say(upload(1));
  const error = new Error('no model');
  reject(error);
  await expect(seen).rejects.toBe(error);
  await expect(loading.session).rejects.toBe(error);
});
