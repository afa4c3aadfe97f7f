/** `docs/operators.md` is what the operator list says, and what is known of some operators. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { operatorsPage } from '../../../scripts/operators/page.ts';
import { supportOf } from '../../../scripts/operators/support.ts';

it('is up to date', async () => {
  const file = readFileSync(join(import.meta.dirname, '../../../docs/operators.md'), 'utf8');
  const [own, made] = [file.split('\n'), (await operatorsPage()).split('\n')];
  const advice = 'run "npm run docs:operators" and commit docs/operators.md';
  expect(
    made.filter((line) => !own.includes(line)),
    advice,
  ).toEqual([]);
  expect(
    own.filter((line) => !made.includes(line)),
    advice,
  ).toEqual([]);
  expect(made, advice).toEqual(own);
}, 120_000);

it('finds where element types are computed', async () => {
  const add = await supportOf('Add');
  expect(add.gpu).toContain('uint8');
  expect(add.host).toEqual(['float64', 'int64', 'uint64']);
  const floats = ['float32', 'float16'];
  expect(await supportOf('Conv')).toMatchObject({ gpu: floats, host: ['float64'], view: false });
  expect(await supportOf('Reshape')).toMatchObject({ view: true, algorithms: [] });
});
