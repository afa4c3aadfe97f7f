/** MatMul by its definition: ranks, broadcasting and types; ONNX's own published cases with Gemm's. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import { toReference } from '../../../src/core/reference.ts';
import type { StaticTensorType, TensorType } from '../../../src/core/shape.ts';
import { elementsOf, Tensor } from '../../../src/core/tensor.ts';
import { readOnnxModel, readTensorProto } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { matMul } from '../../../src/ops/matmul/schema.ts';
import { CpuExecutable } from '../../../src/session/cpu.ts';
import { tensorOf } from '../../support/random.ts';

const anyMatrix = { type: 'float32', dims: [64, 64], layout: 'linear', element: 'f32' } as const;
await matMul.load?.(
  {
    inputs: [anyMatrix, anyMatrix],
    outputs: [anyMatrix],
    epilogue: undefined,
    constant: () => undefined,
  },
  {},
  compatibilityCaps,
);

const count = (length: number, first = 1) => Array.from({ length }, (_, index) => first + index);

async function multiply(
  aDims: readonly number[],
  aValues: readonly number[],
  bDims: readonly number[],
  bValues: readonly number[],
  type: DataType = 'float32',
) {
  const inputs = [tensorOf(aDims, aValues, type), tensorOf(bDims, bValues, type)].map(toReference);
  const outputs = matMul.infer(inputs, {}, () => undefined) as StaticTensorType[];
  const [result] = (await matMul.reference())(inputs, {}, { single: false, outputs });
  return { values: [...(result?.value ?? [])], dims: outputs[0]?.dims, result };
}

describe('the reference', () => {
  test('a matrix by a matrix', async () => {
    const { values, dims } = await multiply([2, 3], count(6), [3, 2], count(6, 7));
    expect(dims).toEqual([2, 2]);
    expect(values).toEqual([58, 64, 139, 154]);
  });

  test('a vector by a vector is a scalar', async () => {
    const { values, dims } = await multiply([3], [1, 2, 3], [3], [4, 5, 6]);
    expect(dims).toEqual([]);
    expect(values).toEqual([32]);
  });

  test('a vector is a row on the left and a column on the right', async () => {
    const left = await multiply([2], [1, 10], [2, 3], count(6));
    expect(left).toMatchObject({ dims: [3], values: [41, 52, 63] });
    const right = await multiply([2, 3], count(6), [3], [1, 10, 100]);
    expect(right).toMatchObject({ dims: [2], values: [321, 654] });
  });

  test('batches broadcast against each other', async () => {
    // A is two rows in a batch [2,1], B two columns in a batch [1,2]: every pair of them.
    const { values, dims } = await multiply([2, 1, 1, 2], [1, 2, 3, 4], [2, 2, 1], [5, 6, 7, 8]);
    expect(dims).toEqual([2, 2, 1, 1]);
    expect(values).toEqual([17, 23, 39, 53]);
  });

  test('uint32 wraps', async () => {
    const { values } = await multiply([1, 1], [2 ** 31], [1, 1], [3], 'uint32');
    expect(values).toEqual([2 ** 31]);
  });

  test('the bound is the sum of the magnitudes', async () => {
    const { result } = await multiply([1, 2], [1, -2], [2, 1], [3, 4]);
    expect([...(result?.magnitude ?? [])]).toEqual([11]);
    expect(result?.terms).toBe(2);
  });
});

describe('inference', () => {
  const infer = (a: TensorType['dims'], b: TensorType['dims']) =>
    matMul.infer(
      [
        { type: 'float32', dims: a },
        { type: 'float32', dims: b },
      ],
      {},
      () => undefined,
    )[0]?.dims;

  test('symbols pass through', () => {
    expect(infer(['batch', 197, 64], [64, 10])).toEqual(['batch', 197, 10]);
    expect(infer(['batch', 1, 'T', 64], [12, 64, 'T'])).toEqual(['batch', 12, 'T', 'T']);
  });

  test.each([
    [[2, 3], [2, 3], /do not multiply: 3 columns meet 2 rows/],
    [[], [2], /rank 1 or more/],
    [[2, 1, 2], [3, 2, 2], /do not broadcast/],
  ])('%j by %j is an error', (a, b, message) => {
    expect(() => infer(a, b)).toThrow(message);
  });
});

describe('lowering', () => {
  const uniformsOf = (a: readonly number[], b: readonly number[]) => {
    const tensor = (dims: readonly number[]) =>
      ({ type: 'float32', dims, layout: 'linear', element: 'f32' }) as const;
    const inputs = [a, b].map(tensor);
    const [output] = matMul.infer(inputs, {}, () => undefined) as [StaticTensorType];
    const io = { inputs, outputs: [tensor(output.dims)], epilogue: undefined };
    const candidates = matMul.lower({ ...io, constant: () => undefined }, {}, compatibilityCaps);
    return candidates[0]?.dispatches[0]?.uniforms;
  };

  test('a batch under one weight matrix becomes rows', () => {
    expect(uniformsOf([8, 197, 64], [64, 32])).toMatchObject({ rows: 8 * 197, batches: 1 });
  });

  test('a product with a vector becomes one row', () => {
    expect(uniformsOf([5, 100, 64], [64])).toMatchObject({ rows: 1, columns: 500, batches: 1 });
  });

  test('axes of the batch that step alike are one axis', () => {
    expect(uniformsOf([2, 3, 4, 8, 8], [2, 3, 4, 8, 8])).toMatchObject({
      batchShape: [1, 1, 1, 24],
      aBatch: [0, 0, 0, 64],
    });
    expect(uniformsOf([2, 1, 4, 8, 8], [3, 4, 8, 8])).toMatchObject({
      batchShape: [1, 2, 3, 4],
      aBatch: [0, 256, 0, 64],
      bBatch: [0, 0, 256, 64],
    });
  });
});

const folder = '../shared/conformance/onnx-node';

describe.skipIf(!existsSync(folder))(`published cases (of ${folder}, where it is present)`, () => {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^test_(gemm|matmul)_/.test(name))
    : [];

  test('there are both', () => {
    expect(names.some((name) => name.startsWith('test_gemm_'))).toBe(true);
    expect(names.some((name) => name.startsWith('test_matmul_'))).toBe(true);
  });

  test.each(names)('%s', async (name) => {
    const read = (...path: string[]) => new Uint8Array(readFileSync(join(folder, name, ...path)));
    const graph = await readOnnxModel(read('model.onnx'));
    const data = (file: string) => readTensorProto(read('test_data_set_0', file)).tensor;
    const feeds = new Map(
      graph.inputs.map((input, index) => {
        const tensor = data(`input_${index}.pb`);
        return [input.name, new Tensor(tensor.type, elementsOf(tensor), tensor.dims)];
      }),
    );
    const ran = await (await CpuExecutable.create(graph)).run(feeds, {});
    const actual = ran.get(graph.outputs[0] as string);
    const expected = data('output_0.pb');
    expect(actual?.dims).toEqual(expected.dims);
    const values = elementsOf(expected);
    actual?.data.forEach((value, index) => {
      const wanted = Number(values[index]);
      // The tolerance of ONNX's own runner.
      expect(Math.abs(Number(value) - wanted)).toBeLessThanOrEqual(1e-7 + 1e-3 * Math.abs(wanted));
    });
  });
});
