/** The example of README.md runs as it is written there. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as wgconv from '../../../src/index.ts';
import * as layers from '../../../src/layers/index.ts';

test('the example of layers', async () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /## Layers.*?```ts\n(.*?)```/s.exec(readme) ?? [];
  const body = code
    .replace(/import (\{.*\}) from 'wgconv';/, 'const $1 = wgconv;')
    .replace(/import (\{.*\}) from 'wgconv\/layers';/, 'const $1 = layers;')
    .replace('net.toGraph())', "net.toGraph(), { backend: 'cpu' })");
  const printed: unknown[] = [];
  const AsyncFunction = (async () => {}).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const example = new AsyncFunction('wgconv', 'layers', 'console', body);
  await example(wgconv, layers, { log: (value: unknown) => printed.push(value) });
  expect(printed[0]).toContain('Total params: 13,610');
  // Zeros and biases of zero make all classes alike.
  expect(printed[1]).toEqual(new Float32Array(10).fill(Math.fround(0.1)));
});
