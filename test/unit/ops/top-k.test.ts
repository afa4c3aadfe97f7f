/** TopK's reference by hand, by published cases and by onnxruntime. */

import { describe, expect, it } from 'vitest';
import { describePublished } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  inferNodeTypes,
  type SingleNode,
} from '../../support/single-node.ts';

const k = (value: number) => tensorOf([1], [value], 'int64');
const nan = Number.NaN;
const topK = async (single: Omit<SingleNode, 'op'>) =>
  (await computeNode({ op: 'TopK', outputCount: 2, ...single })).map(({ values }) => values);

describe('by hand', () => {
  const x = tensorOf([2, 4], [3, 1, 3, 2, -1, -5, 0, -5]);

  it('puts the lower index first among equals, whichever end is wanted', async () => {
    expect(await topK({ inputs: [x, k(3)] })).toEqual([
      [3, 3, 2, 0, -1, -5],
      [0, 2, 3, 2, 0, 1],
    ]);
    expect(await topK({ inputs: [x, k(3)], attributes: { largest: 0 } })).toEqual([
      [1, 2, 3, -5, -5, -1],
      [1, 3, 0, 1, 3, 0],
    ]);
  });

  it('goes along any axis', async () => {
    expect(await topK({ inputs: [x, k(1)], attributes: { axis: 0 } })).toEqual([
      [3, 1, 3, 2],
      [0, 0, 0, 0],
    ]);
  });

  it('counts NaN as greater than every number', async () => {
    const row = tensorOf([4], [1, nan, Number.POSITIVE_INFINITY, nan]);
    expect(await topK({ inputs: [row, k(3)] })).toEqual([
      [nan, nan, Number.POSITIVE_INFINITY],
      [1, 3, 2],
    ]);
    const last = await topK({ inputs: [row, k(4)], attributes: { largest: 0 } });
    expect(last[1]).toEqual([0, 2, 1, 3]);
  });

  it('had k as an attribute once', async () => {
    expect(await topK({ opset: 1, inputs: [x], attributes: { k: 1 } })).toEqual([
      [3, 0],
      [0, 2],
    ]);
  });

  it('keeps int64 beyond 2^53 apart', async () => {
    const big = tensorOf([2], [0, 0], 'int64');
    new BigInt64Array(big.bytes.buffer).set([2n ** 60n, 2n ** 60n + 1n]);
    expect((await topK({ inputs: [big, k(1)] }))[1]).toEqual([1]);
  });

  it('refuses more than there is, by name', () => {
    const single = { op: 'TopK', inputs: [x, k(5)], outputCount: 2 };
    expect(() => inferNodeTypes(single)).toThrow(/k is 5, but the axis has 4 elements/);
  });
});

describePublished(['TopK'], { least: 6 });

describe('onnxruntime', () => {
  it.each<Omit<SingleNode, 'op'>>([
    { inputs: [uniform([3, 40], 1), k(7)] },
    { inputs: [uniform([3, 40, 2], 2), k(40)], attributes: { axis: 1, largest: 0 } },
    { inputs: [integers([5, 30], 3), k(30)] },
    { inputs: [integers([2000], 4, { type: 'int32', low: -50, high: 50 }), k(100)] },
  ])('agrees (%#)', async (single) => {
    await expectOnnxruntimeComputes({ op: 'TopK', outputCount: 2, ...single });
  });
});
