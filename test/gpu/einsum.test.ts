/** Einsum on the GPU: as a matrix product where it is one, and as a contraction always. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

type Input = OperatorCase['inputs'][number];
const einsum = (equation: string, ...inputs: Input[]): OperatorCase => ({
  op: 'Einsum',
  attributes: { equation },
  inputs,
});
/** Of small integers, whose sums are equal in any order. */
const exactly = (equation: string, ...inputs: Input[]): OperatorCase => ({
  ...einsum(equation, ...inputs),
  exact: true,
});
const whole = (dims: readonly number[], seed: number, type?: 'int32' | 'int8' | 'uint32') =>
  integers(dims, seed, { low: type === 'uint32' ? 0 : -3, high: 3, ...(type && { type }) });
const half = (dims: readonly number[], seed: number) => uniform(dims, seed, { type: 'float16' });

const products: readonly OperatorCase[] = [
  einsum('ij,jk->ik', uniform([9, 13], 1), uniform([13, 7], 2)),
  exactly('ij,kj->ki', whole([9, 13], 3), whole([7, 13], 4)),
  exactly('ji,kj', whole([13, 9], 5), whole([7, 13], 6)),
  einsum('bhid,bhjd->bhij', uniform([2, 3, 9, 20], 7), uniform([2, 3, 7, 20], 8)),
  exactly('bihd,bjhd->bhij', whole([2, 9, 3, 20], 9), whole([2, 7, 3, 20], 10)),
  einsum('nctv,vw->nctw', uniform([2, 3, 5, 7], 11), uniform([7, 6], 12)),
  exactly('bhwc,hkc->bhwk', whole([2, 5, 6, 9], 13), whole([5, 7, 9], 14)),
  exactly('...ij,...jk->...ik', whole([2, 1, 4, 5], 15), whole([3, 5, 6], 16)),
  einsum('j,jk', uniform([70], 17), uniform([70, 5], 18)),
  einsum('ij,jk->ik', half([9, 13], 19), half([13, 7], 20)),
  exactly('ij,jk->ik', whole([9, 13], 21, 'int32'), whole([13, 7], 22, 'int32')),
];

const contractions: readonly OperatorCase[] = [
  einsum('nkctv,kvw->nctw', uniform([2, 3, 4, 5, 6], 23), uniform([3, 6, 7], 24)),
  einsum('bij,bij->b', uniform([3, 5, 7], 25), uniform([3, 5, 7], 26)),
  exactly('ij->', whole([31, 17], 27)),
  exactly('iij->ji', whole([5, 5, 3], 28)),
  exactly('...ii->...i', whole([2, 3, 4, 4], 29)),
  einsum('i,j->ij', uniform([5], 30), uniform([7], 31)),
  einsum(
    'ab,bc,cd,d->da',
    uniform([3, 4], 32),
    uniform([4, 5], 33),
    uniform([5, 6], 34),
    uniform([6], 35),
  ),
  exactly('ij,ij->', whole([5, 7], 36, 'int8'), whole([5, 7], 37, 'int8')),
  exactly('i,i->', whole([9], 38, 'uint32'), whole([9], 39, 'uint32')),
  einsum('ij,ij,ij->i', half([5, 7], 40), half([5, 7], 41), half([5, 7], 42)),
  // More terms than one dispatch takes.
  exactly('i->', whole([70_000], 43)),
  einsum('i,i->', half([70_000], 44), half([70_000], 45)),
  exactly('->', whole([], 46)),
  exactly('ij->i', whole([3, 0], 47)),
  exactly('abcdefghi->igceabdfh', whole([2, 1, 2, 3, 2, 1, 2, 2, 2], 48)),
  einsum('ij,j->ij', uniform([5, 3], 49), uniform([1], 50)),
  // What one operand alone has.
  exactly('a,b,c->', whole([31], 51), whole([17], 52), whole([5], 53)),
  exactly('ij,jkl->k', whole([5, 7], 54, 'int8'), whole([7, 3, 9], 55, 'int8')),
  einsum('ij,kl->jl', half([5, 7], 56), half([9, 4], 57)),
  einsum('aij,ajk->k', uniform([1, 5, 7], 58), uniform([3, 7, 6], 59)),
];

test.each([...products, ...contractions])('$attributes.equation (%#)', async (testCase) => {
  const runs = await checkOperator(context, testCase);
  const algorithms = runs.map(({ algorithm }) => algorithm);
  expect(algorithms).toContain('contract');
  const isProduct = algorithms.some((name) => /gemm|matvec/.test(name));
  expect(isProduct, algorithms.join()).toBe(products.includes(testCase));
});
