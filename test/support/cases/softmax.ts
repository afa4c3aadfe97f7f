/** Softmax, LogSoftmax and Hardmax cases for the GPU. */

import { integers, tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

const family = ['Softmax', 'LogSoftmax', 'Hardmax'] as const;

export const softmaxCases: readonly NamedCase[] = family.flatMap((op) => {
  const long = ['softmax_serial', 'softmax_workgroup', 'softmax_split'];
  const scaled = (dims: readonly number[], scale: number) => uniform(dims, 11, { scale });
  const cases: Omit<NamedCase, 'op'>[] = [
    { name: 'last axis', inputs: [scaled([3, 5, 7], 4)] },
    { name: 'axis 0', attributes: { axis: 0 }, inputs: [scaled([6, 5], 4)] },
    { name: 'channels', attributes: { axis: 1 }, inputs: [scaled([2, 21, 5, 6], 8)] },
    {
      name: 'flattened at 2',
      opset: 11,
      attributes: { axis: 2 },
      inputs: [scaled([2, 3, 4, 5], 4)],
    },
    { name: 'flattened by default', opset: 1, inputs: [scaled([3, 40], 4)] },
    { name: '1000 classes', inputs: [scaled([1, 1000], 10)], algorithms: long },
    { name: 'rows of no whole vectors', inputs: [scaled([7, 333], 6)], algorithms: long },
    { name: 'long rows apart', attributes: { axis: 0 }, inputs: [scaled([300, 3], 30)] },
    {
      name: 'an ascending row',
      inputs: [
        tensorOf(
          [1, 512],
          Array.from({ length: 512 }, (_, i) => i / 8),
        ),
      ],
    },
    { name: 'equal values', inputs: [integers([2, 100], 12, { low: 1, high: 2 })] },
    { name: 'large logits', inputs: [tensorOf([2, 3], [1000, 1001, 1002, -1e30, 3e38, 0])] },
    { name: 'float16', inputs: [uniform([4, 70], 13, { scale: 5, type: 'float16' })] },
    { name: 'float16 vectors', inputs: [uniform([3, 72], 13, { scale: 5, type: 'float16' })] },
    {
      name: 'the least finite number and minus infinity in long rows',
      inputs: [
        tensorOf(
          [3, 66],
          Array.from({ length: 198 }, (_, i) =>
            i < 66 ? -infinity : i < 132 && i % 5 > 0 ? -infinity : -3.4028234663852886e38,
          ),
        ),
      ],
    },
    {
      name: 'NaN and infinity',
      inputs: [
        tensorOf(
          [5, 4],
          [
            ...[1, nan, 2, 0, infinity, 1, 2, 3, -infinity, 1, 2, -infinity],
            ...[-infinity, -infinity, -infinity, -infinity, 5, 5, 1, 0],
          ],
        ),
      ],
    },
    {
      name: 'NaN and infinity in long rows',
      inputs: [
        tensorOf(
          [3, 100],
          Array.from({ length: 300 }, (_, i) =>
            i === 150 ? nan : i % 7 === 1 ? -infinity : i % 5,
          ),
        ),
      ],
    },
    { name: 'an empty tensor', inputs: [tensorOf([0, 4], [])] },
    { name: 'rows of one', inputs: [scaled([5, 1], 3)] },
  ];
  return cases.map((testCase) => ({ ...testCase, name: `${op}: ${testCase.name}`, op }));
});
