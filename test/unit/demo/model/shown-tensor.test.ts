/** How tensors are shown, what their greatest classes are, and what inputs are filled with. */

import { describe, expect, test } from 'vitest';
import { filled, pictureShapeOf } from '../../../../demo/pages/model/feeds.ts';
import { formatBytes, formatCount, formatTime } from '../../../../demo/pages/model/format.ts';
import { parseNumbers } from '../../../../demo/pages/model/preprocessing.ts';
import {
  layoutOf,
  showingsOf,
  statisticsOf,
  topClasses,
} from '../../../../demo/pages/model/shown-tensor.ts';
import { Tensor } from '../../../../src/core/tensor.ts';

const floats = (values: readonly number[], dims: readonly number[] = [values.length]) =>
  new Tensor('float32', Float32Array.from(values), dims);

describe('a tensor is shown', () => {
  const best = (dims: readonly number[], inside = false) => {
    const tensor = { dims };
    return showingsOf(tensor, { layout: layoutOf(tensor), inside })[0];
  };

  test.each([
    [[1, 1000], 'classes'],
    [[1, 1000, 1, 1], 'classes'],
    [[1, 3, 224, 224], 'picture'],
    [[1, 448, 448, 3], 'picture'],
    [[1, 1, 672, 672], 'picture'],
    [[1, 64, 56, 56], 'maps'],
    [[12, 10], 'maps'],
    [[1, 4420, 4], 'numbers'],
    [[], 'numbers'],
    [[1, 0, 4], 'numbers'],
    [[2, 2, 2, 2, 2], 'numbers'],
  ] as const)('%j as %s', (dims, showing) => {
    expect(best(dims)).toBe(showing);
  });

  test('small filters are no colours', () => {
    expect(layoutOf({ dims: [1, 288, 3, 3] })).toBe('NCHW');
    expect(layoutOf({ dims: [1, 288, 1, 1] })).toBe('NCHW');
    expect(layoutOf({ dims: [1, 28, 28, 1] })).toBe('NHWC');
  });

  test('inside a model three channels are no colours', () => {
    expect(best([1, 3, 224, 224], true)).toBe('maps');
  });
});

describe('the greatest classes', () => {
  test('of shares are the values themselves', () => {
    expect(
      topClasses(floats([0.1, 0.7, 0.2]), 2).map(({ index, share }) => [index, share]),
    ).toEqual([
      [1, Math.fround(0.7)],
      [2, Math.fround(0.2)],
    ]);
  });

  test('of other numbers get their shares by softmax', () => {
    // e^0 : e^ln 3 = 1 : 3.
    const [first] = topClasses(floats([0, Math.log(3)]));
    expect(first?.index).toBe(1);
    expect(first?.share).toBeCloseTo(0.75, 6);
  });
});

test('statistics leave out and count what is not finite', () => {
  expect(statisticsOf(floats([0, -2, 4, Number.NaN, Infinity]))).toEqual({
    ...{ min: -2, max: 4, zeros: 0.2, broken: 2 },
    mean: 2 / 3,
  });
});

describe('inputs', () => {
  test('that are pictures are known by their colours', () => {
    const nchw = { layout: 'NCHW', channels: 3, height: 4, width: 5 };
    expect(pictureShapeOf('float32', [1, 3, 4, 5])).toEqual(nchw);
    expect(pictureShapeOf('float32', [1, 4, 5, 1])).toMatchObject({ layout: 'NHWC', channels: 1 });
    expect(pictureShapeOf('float32', [2, 3, 4, 5])).toBeUndefined();
    expect(pictureShapeOf('int64', [1, 3, 4, 5])).toBeUndefined();
    expect(pictureShapeOf('float32', [1, 16, 4, 5])).toBeUndefined();
  });

  test('are filled with numbers of their type', () => {
    expect(filled({ type: 'int64' }, [2], 'ones').data).toEqual(BigInt64Array.of(1n, 1n));
    // 1 as float16 has the bits 0 01111 0000000000.
    expect(filled({ type: 'float16' }, [1], 'ones').data).toEqual(Uint16Array.of(0x3c00));
    const random = [...(filled({ type: 'float32' }, [100], 'random').data as Float32Array)];
    expect(random.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(random).size).toBe(100);
  });

  test('take numbers and fractions for their preprocessing', () => {
    expect(parseNumbers('1/255', 1)).toEqual([1 / 255]);
    expect(parseNumbers('0.5, 0.25 1', 3)).toEqual([0.5, 0.25, 1]);
    for (const wrong of ['', '1, 2', 'a', '1/', '1/2/3', '1/0']) {
      expect(parseNumbers(wrong, 3), wrong).toBeUndefined();
    }
  });
});

test('numbers are written for people', () => {
  expect(formatBytes(999)).toBe('999 B');
  expect(formatBytes(253_000)).toBe('253 kB');
  expect(formatBytes(117_600_000)).toBe('118 MB');
  expect(formatCount(61_706)).toBe('61.7 k');
  expect(formatCount(4_090_000_000)).toBe('4.09 G');
  expect(formatTime(0.05)).toBe('50.0 µs');
  expect(formatTime(22.1)).toBe('22.1 ms');
});
