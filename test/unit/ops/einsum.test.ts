/** Einsum's reference by hand, by published cases and by onnxruntime. */

import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import { describePublished } from '../../support/conformance.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  inferNodeTypes,
  type SingleNode,
} from '../../support/single-node.ts';

const einsum = (equation: string, ...inputs: SingleNode['inputs'][number][]): SingleNode => ({
  op: 'Einsum',
  attributes: { equation },
  inputs,
});
const matrix = tensorOf([2, 2], [1, 2, 3, 4]);
const vector = tensorOf([2], [10, 100]);

describe('by hand', () => {
  it.each<[string, readonly (typeof matrix)[], readonly number[], readonly number[]]>([
    ['ij->ji', [matrix], [2, 2], [1, 3, 2, 4]],
    ['ii', [matrix], [], [5]],
    ['ii->i', [matrix], [2], [1, 4]],
    ['ij->', [matrix], [], [10]],
    ['ij,j', [matrix, vector], [2], [210, 430]],
    // Implicit: letters in the order of the alphabet.
    ['ba', [matrix], [2, 2], [1, 3, 2, 4]],
    ['bj , aj', [matrix, matrix], [2, 2], [5, 11, 11, 25]],
    ['i,i,i->i', [vector, vector, vector], [2], [1000, 1000000]],
    ['...j,j->...', [matrix, vector], [2], [210, 430]],
    ['...,...->...', [matrix, vector], [2, 2], [10, 200, 30, 400]],
    ['i...->...', [matrix], [2], [4, 6]],
    ['...i->i', [matrix], [2], [4, 6]],
    ['Aa,a->A', [matrix, vector], [2], [210, 430]],
    ['ij,j->ij', [matrix, tensorOf([1], [3])], [2, 2], [3, 6, 9, 12]],
  ])('%s', async (equation, inputs, dims, values) => {
    expect((await computeNode(einsum(equation, ...inputs)))[0]).toEqual({
      type: 'float32',
      dims,
      values,
    });
  });

  it('wraps integers to their type', async () => {
    const x = tensorOf([2], [100, 100], 'int8');
    expect((await computeNode(einsum('i->', x)))[0]?.values).toEqual([-56]);
  });

  it('keeps symbolic dimensions', () => {
    const x = { type: 'float32', dims: ['N', 3] } as const;
    const [type] = inferNodeTypes({ ...einsum('bi,ij->bj'), inputs: [x, uniform([3, 4], 1)] });
    expect(type?.dims).toEqual(['N', 4]);
  });

  it.each<[string, readonly (typeof matrix)[], RegExp]>([
    ['ij,jk->ik', [matrix], /2 terms for 1 inputs/],
    ['ijk->i', [matrix], /does not fit input 0/],
    ['i->i', [matrix], /does not fit input 0/],
    ['ij->k', [matrix], /no term .* has the "k"/],
    ['ij->ii', [matrix], /occurs twice in the result/],
    ['i.j->i', [matrix], /no term of letters/],
    ['ij->i->j', [matrix], /more than one arrow/],
    ['ij,j->i', [matrix, tensorOf([3], [1, 2, 3])], /"j" is 2 in one place and 3 in another/],
  ])('refuses %s', (equation, inputs, message) => {
    expect(() => inferNodeTypes(einsum(equation, ...inputs))).toThrow(message);
  });
});

describe('labels of one input alone, all of which together are far too many', () => {
  const inputs = [1, 2, 3].map((seed) => uniform([30_000], seed));

  it('are refused on the cpu backend before it begins', async () => {
    await expect(computeNode(einsum('a,b,c->', ...inputs))).rejects.toThrow(
      /takes 27000000000000 products; the cpu backend takes 17179869184 at most/,
    );
  });

  it('are summed one by one on the GPU', async () => {
    const model = encodeModel({
      nodes: [
        {
          ...{ op: 'Einsum', inputs: ['a', 'b', 'c'], outputs: ['y'] },
          attributes: { equation: 'a,b,c->' },
        },
      ],
      inputs: ['a', 'b', 'c'].map((name) => ({ name, dims: [30_000] })),
      outputs: ['y'],
    });
    const { prepared } = await prepare(await optimise(await readOnnxModel(model)), {});
    const { steps, nodes } = await createPlan(prepared, compatibilityCaps);
    expect(steps.filter(({ kind }) => kind === 'dispatch').length).toBeLessThan(20);
    expect(nodes[0]?.cost?.macs).toBeLessThan(100_000);
  });
});

describePublished(['Einsum'], { least: 5 });

describe('onnxruntime', () => {
  it.each([
    einsum('nctv,vw->nctw', uniform([2, 3, 4, 5], 1), uniform([5, 5], 2)),
    einsum('nkctv,kvw->nctw', uniform([2, 3, 4, 2, 5], 3), uniform([3, 5, 6], 4)),
    einsum('bhid,bhjd->bhij', uniform([2, 2, 3, 4], 5), uniform([2, 2, 5, 4], 6)),
    einsum('...ij,...jk', uniform([2, 3, 4], 7), uniform([1, 4, 5], 8)),
    einsum('ab,bc,cd->da', uniform([2, 3], 9), uniform([3, 4], 10), uniform([4, 5], 11)),
    einsum('iij,j->i', uniform([3, 3, 2], 12), uniform([2], 13)),
    einsum(
      'ij,ij->',
      integers([3, 4], 14, { type: 'int32' }),
      integers([3, 4], 15, { type: 'int32' }),
    ),
  ])('agrees on $attributes.equation', async (single) => {
    await expectOnnxruntimeComputes(single);
  });
});
