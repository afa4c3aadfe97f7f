/** Work that a signal ends. */
import { expect, test, vi } from 'vitest';
import { abortable } from '../../../src/core/abortable.ts';

/** A signal whose listeners can be counted. */
function watched() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  vi.spyOn(signal, 'addEventListener').mockImplementation((type, listener) => {
    listeners++;
    add(type, listener as EventListener);
  });
  vi.spyOn(signal, 'removeEventListener').mockImplementation((type, listener) => {
    listeners--;
    remove(type, listener as EventListener);
  });
  return { controller, signal, listeners: () => listeners };
}

test('what settles first is what comes, and nothing listens afterwards', async () => {
  const { signal, listeners } = watched();
  const work = abortable(signal, Promise.resolve(7));
  expect(listeners()).toBe(1);
  expect(await work).toBe(7);
  await expect(abortable(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(listeners()).toBe(0);
});

test('an aborted signal rejects at once, and gives back what comes late', async () => {
  const { controller, signal, listeners } = watched();
  let finish: (value: string) => void = () => {};
  const work = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const given: string[] = [];
  const result = abortable(signal, work, (late) => given.push(late));
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(result).rejects.toBe(reason);
  expect(given).toEqual([]);
  finish('late');
  await work;
  await Promise.resolve();
  expect(given).toEqual(['late']);
  expect(listeners()).toBe(0);
});

test('what fails late is nobody’s', async () => {
  const { controller, signal } = watched();
  controller.abort('reason');
  await expect(abortable(signal, Promise.reject(new Error('late')))).rejects.toBe('reason');
});
