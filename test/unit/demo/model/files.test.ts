/** Which of the dropped files is the model, and how labels are written. */

import { describe, expect, test } from 'vitest';
import { parseLabels, sortFiles } from '../../../../demo/pages/model/files.ts';

const dropped = (...paths: string[]) =>
  paths.map((path) => ({ path, file: new File([], path.replace(/^.*\//, '')) }));

const sorted = (...paths: string[]) => {
  const { model, beside, labels } = sortFiles(dropped(...paths));
  return { model: model?.path, beside: beside.map(({ path }) => path), labels: labels?.name };
};

describe('dropped files', () => {
  test('one ONNX file is the model', () => {
    expect(sorted('net.onnx')).toEqual({ model: 'net.onnx', beside: [], labels: undefined });
  });

  test('files beside it are called as from its folder; a text file has the labels', () => {
    expect(sorted('net/w/a.bin', 'net/net.onnx', 'net/labels.txt')).toEqual({
      model: 'net/net.onnx',
      beside: ['w/a.bin'],
      labels: 'labels.txt',
    });
  });

  test('model.json goes before other JSON files, ONNX before both', () => {
    expect(sorted('config.json', 'model.json', 'group1-shard1of1.bin').model).toBe('model.json');
    expect(sorted('model.json', 'net.onnx').model).toBe('net.onnx');
    expect(sorted('keras.json', 'a.bin', 'b.bin').model).toBe('keras.json');
  });

  test('a single file of another name may be a model; of several none is', () => {
    expect(sorted('model.bin').model).toBe('model.bin');
    expect(sorted('a.bin', 'b.bin').model).toBeUndefined();
    expect(sorted('cat.png').model).toBeUndefined();
    expect(sorted('labels.txt')).toEqual({ model: undefined, beside: [], labels: 'labels.txt' });
  });
});

describe('labels', () => {
  test('are lines; empty ones at the end do not count', () => {
    expect(parseLabels('cat\r\ndog\n\n')).toEqual(['cat', 'dog']);
  });

  test('lose numbers that only count, and keep others', () => {
    expect(parseLabels('0: tench\n1: goldfish')).toEqual(['tench', 'goldfish']);
    expect(parseLabels('1 one\n2 two')).toEqual(['one', 'two']);
    expect(parseLabels('7 samurai\n12 monkeys')).toEqual(['7 samurai', '12 monkeys']);
  });
});
