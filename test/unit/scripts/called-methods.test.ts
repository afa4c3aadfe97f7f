/** A class of a library keeps the methods that are called while the package is built. */

import { expect, test } from 'vitest';
import { keepCalled } from '../../../scripts/called-methods.ts';

const library = `
export class Reader {
  constructor() { this.at = 0; }
  next() { return this.skip(1); }
  skip(by) { this.at += by; return help(this.at); }
  readAll() { return this.rest(); }
  rest() { return []; }
}
const help = (at) => at * 2;
export class Writer { readAll() {} }
`;

const methodsOf = (text: string) => [...text.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);

test('methods that are called stay, and those that they call', () => {
  const { text } = keepCalled(library, 'Reader', 'new Reader().next()');
  expect(methodsOf(text)).toEqual(['constructor', 'next', 'skip']);
  const run = new Function(`${text.replaceAll('export ', '')}; return new Reader().next();`);
  expect(run()).toBe(2);
});

test('what is only mentioned is not called, and other classes are left alone', () => {
  const { text } = keepCalled(library, 'Reader', 'reader.rest(); // skip, readAllOfIt()');
  expect(methodsOf(text)).toEqual(['constructor', 'rest']);
  expect(text).toContain('export class Writer { readAll() {} }');
});

test('a class that is not there is an error', () => {
  expect(() => keepCalled(library, 'Pbf', '')).toThrow('there is no class Pbf');
});
