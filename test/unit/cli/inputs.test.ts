/** The tensors and shapes that a model is fed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/failure.ts';
import { randomTensor, readFeeds, readTensorFile, resolveShapes } from '../../../src/cli/inputs.ts';
import { writeNpy } from '../../../src/cli/npy.ts';
import { elementsOf, hostTensor } from '../../../src/core/tensor.ts';
import { encodeTensor } from '../../support/onnx-writer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-inputs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const tensor = hostTensor('float32', [2], new Float32Array([3, 4]));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('tensor files', () => {
  test('.pb gives the tensor and its name, .npy no name', () => {
    const pb = readTensorFile(file('a.pb', encodeTensor(tensor, 'x')));
    expect(pb).toMatchObject({ name: 'x', type: 'float32', dims: [2] });
    expect([...elementsOf(pb)]).toEqual([3, 4]);
    expect(readTensorFile(file('a.npy', writeNpy(tensor)))).toMatchObject({ name: '', dims: [2] });
  });

  test('a broken file is named', () => {
    expect(() => readTensorFile(file('b.npy', new Uint8Array(3)))).toThrow('b.npy');
    const pb = encodeTensor(tensor).subarray(0, 6);
    expect(() => readTensorFile(file('b.pb', pb))).toThrow('b.pb');
  });

  test('another kind of file, and an input that the model has not, are bad usage', () => {
    expect(() => readTensorFile(file('a.txt', new Uint8Array(1)))).toThrow(UsageError);
    const inputs = [{ name: 'x', type: 'float32' as const, dims: [2] }];
    expect(() => readFeeds([['y', 'a.npy']], inputs)).toThrow('no input "y"; it has "x"');
  });
});

describe('resolveShapes', () => {
  const input = (name: string, ...dims: (number | string)[]) => ({
    name,
    type: 'float32' as const,
    dims,
  });

  test('a symbolic batch is 1', () => {
    expect(resolveShapes([input('x', 'N', 3, 4)], {})).toEqual({ x: [1, 3, 4] });
  });

  test('other symbols need --input-shape, which the message shows', () => {
    expect(() => resolveShapes([input('x', 'N', 3, 'H', 'W')], {})).toThrow(
      '--input-shape x=…,3,…,…',
    );
    expect(resolveShapes([input('x', 'N', 3, 'H')], { x: [2, 3, 5] })).toEqual({ x: [2, 3, 5] });
  });

  test('a symbol has one size in all inputs, also from a tensor that is there', () => {
    const inputs = [input('x', 'N', 4), input('y', 'N', 7)];
    expect(resolveShapes(inputs, { x: [5, 4] })).toEqual({ x: [5, 4], y: [5, 7] });
    const fed = { name: 'y', ...hostTensor('float32', [2, 7], new Float32Array(14)) };
    expect(resolveShapes(inputs, {}, [fed])).toEqual({ x: [2, 4], y: [2, 7] });
  });

  test('a shape for an input that is not there is bad usage', () => {
    expect(() => resolveShapes([input('x', 1)], { z: [1] })).toThrow(UsageError);
  });
});

describe('randomTensor', () => {
  const values = (type: 'float32' | 'int64' | 'bool', seed: number) =>
    [...elementsOf(randomTensor({ name: 'x', type, dims: [64] }, [64], seed))] as number[];

  test('a seed gives the same values again, another seed others', () => {
    expect(values('float32', 1)).toEqual(values('float32', 1));
    expect(values('float32', 1)).not.toEqual(values('float32', 2));
  });

  test('floats lie on both sides of 0, bool is 0 or 1, int64 is bigint', () => {
    const floats = values('float32', 1);
    expect(Math.min(...floats)).toBeLessThan(-0.5);
    expect(Math.max(...floats)).toBeGreaterThan(0.5);
    expect(new Set(values('bool', 1))).toEqual(new Set([0, 1]));
    expect(typeof values('int64', 1)[0]).toBe('bigint');
  });
});
