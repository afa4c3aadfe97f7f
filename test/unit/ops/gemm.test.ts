/** Gemm by its definition: hand-computed products, the forms of C, and ONNX's own published cases. */

import { describe, expect, test } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import { type ReferenceTensor, toReference } from '../../../src/core/reference.ts';
import type { StaticTensorType, TensorType } from '../../../src/core/shape.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { RecordAttributeReader } from '../../../src/ops/attributes.ts';
import { gemm } from '../../../src/ops/gemm/schema.ts';
import type { GemmAttributes } from '../../../src/ops/gemm/sizes.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { estimateSeconds } from '../../../src/plan/cost.ts';
import { tensorOf } from '../../support/random.ts';

const plain: GemmAttributes = { alpha: 1, beta: 1, transA: false, transB: false };

const anyMatrix = { type: 'float32', dims: [64, 64], layout: 'linear', element: 'f32' } as const;
await gemm.load?.(
  {
    inputs: [anyMatrix, anyMatrix],
    outputs: [anyMatrix],
    epilogue: undefined,
    constant: () => undefined,
  },
  plain,
  compatibilityCaps,
);

// A is [2,3], B is [3,2]; A·B = [[58,64],[139,154]].
const a = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
const aTransposed = tensorOf([3, 2], [1, 4, 2, 5, 3, 6]);
const b = tensorOf([3, 2], [7, 8, 9, 10, 11, 12]);
const bTransposed = tensorOf([2, 3], [7, 9, 11, 8, 10, 12]);

async function evaluate(
  inputs: readonly (ReferenceTensor | undefined)[],
  attributes: GemmAttributes,
  single = false,
) {
  const outputs = gemm.infer(inputs, attributes, () => undefined) as StaticTensorType[];
  const reference = await gemm.reference();
  const [result] = reference(inputs, attributes, { single, outputs });
  if (!result) throw new Error('no result');
  return { ...result, dims: outputs[0]?.dims };
}

describe('the reference', () => {
  test.each([
    ['A·B', a, b, plain],
    ['Aᵀ·B', aTransposed, b, { ...plain, transA: true }],
    ['A·Bᵀ', a, bTransposed, { ...plain, transB: true }],
    ['Aᵀ·Bᵀ', aTransposed, bTransposed, { ...plain, transA: true, transB: true }],
  ])('%s', async (_, left, right, attributes) => {
    const { value, dims } = await evaluate([left, right].map(toReference), attributes);
    expect([...value]).toEqual([58, 64, 139, 154]);
    expect(dims).toEqual([2, 2]);
  });

  test.each([
    ['a scalar', tensorOf([], [1]), [60, 66, 141, 156]],
    ['one number', tensorOf([1], [1]), [60, 66, 141, 156]],
    ['[N]', tensorOf([2], [1, 10]), [60, 84, 141, 174]],
    ['[1,N]', tensorOf([1, 2], [1, 10]), [60, 84, 141, 174]],
    ['[M,1]', tensorOf([2, 1], [1, 10]), [60, 66, 159, 174]],
    ['[M,N]', tensorOf([2, 2], [1, 10, 100, 1000]), [60, 84, 339, 2154]],
  ])('C as %s, with beta 2', async (_, c, expected) => {
    const { value } = await evaluate([a, b, c].map(toReference), { ...plain, beta: 2 });
    expect([...value]).toEqual(expected);
  });

  test('alpha scales the product alone, and beta 0 leaves C out whatever it holds', async () => {
    const c = tensorOf([2], [Number.NaN, 1]);
    const { value } = await evaluate([a, b, c].map(toReference), { ...plain, alpha: 0.5, beta: 0 });
    expect([...value]).toEqual([29, 32, 69.5, 77]);
  });

  test('an empty depth leaves beta · C', async () => {
    const empty = [tensorOf([2, 0], []), tensorOf([0, 2], []), tensorOf([2], [3, 4])];
    const { value } = await evaluate(empty.map(toReference), { ...plain, beta: 2 });
    expect([...value]).toEqual([6, 8, 6, 8]);
  });

  test('int32 wraps, where float64 would have rounded', async () => {
    const big = 2 ** 31 - 1;
    const left = tensorOf([1, 2], [big, big], 'int32');
    const right = tensorOf([2, 1], [big, 3], 'int32');
    // (2³¹−1)² + 3(2³¹−1) = 2⁶² + 2³¹ − 2, and 2³¹ − 2 is what is left of it in 32 bits.
    const { value } = await evaluate([left, right].map(toReference), plain);
    expect([...value]).toEqual([2 ** 31 - 2]);
  });

  test('int64 is exact beyond 2⁵³', async () => {
    const left = { ...toReference(a), type: 'int64' as DataType, dims: [1, 1] };
    const one = { ...left, value: BigInt64Array.of(2n ** 53n + 1n) };
    const three = { ...left, value: BigInt64Array.of(3n) };
    const { value } = await evaluate([one, three], plain);
    expect([...value]).toEqual([3n * (2n ** 53n + 1n)]);
  });

  test('the bound counts every product, the bias and the factors', async () => {
    const left = toReference(tensorOf([1, 2], [1, -2]));
    const right = toReference(tensorOf([2, 1], [3, 4]));
    const c = toReference(tensorOf([1], [-5]));
    const result = await evaluate([left, right, c], { ...plain, alpha: -2, beta: 3 });
    expect([...result.value]).toEqual([-5]);
    expect([...(result.magnitude ?? [])]).toEqual([2 * (3 + 8) + 15]);
    expect(result.terms).toBe(2 + 2 + 1);
    expect(result.slack).toBeUndefined();
  });

  test('bounds of the inputs go into the bound of the result', async () => {
    const left = {
      ...toReference(tensorOf([1, 2], [1, -2])),
      magnitude: Float64Array.of(10, 20),
      terms: 7,
      slack: Float64Array.of(0.5, 0.25),
    };
    const right = toReference(tensorOf([2, 1], [3, 4]));
    const result = await evaluate([left, right], plain);
    expect([...(result.magnitude ?? [])]).toEqual([10 * 3 + 20 * 4]);
    expect(result.terms).toBe(2 + 2 + 7);
    expect([...(result.slack ?? [])]).toEqual([0.5 * 3 + 0.25 * 4]);
  });

  test('single rounds after every step', async () => {
    const left = toReference(tensorOf([1, 3], [2 ** 24, 1, 1]));
    const right = toReference(tensorOf([3, 1], [1, 1, 1]));
    expect([...(await evaluate([left, right], plain)).value]).toEqual([2 ** 24 + 2]);
    expect([...(await evaluate([left, right], plain, true)).value]).toEqual([2 ** 24]);
  });
});

describe('attributes', () => {
  const read = (record: Readonly<Record<string, PlainAttribute>>, opset: number) => {
    const reader = new RecordAttributeReader(attributeValues(record), {
      node: 'fc',
      operator: 'Gemm',
      inputCount: 3,
      outputCount: 1,
    });
    const attributes: unknown = gemm.attributes(reader, opset);
    reader.finish();
    return attributes;
  };

  test('defaults, and what the model says', () => {
    expect(read({}, 13)).toEqual(plain);
    expect(read({ alpha: 0.5, transB: 1, beta: 1.5 }, 11)).toEqual({
      ...plain,
      alpha: 0.5,
      beta: 1.5,
      transB: true,
    });
  });

  test('the old versions may say "broadcast"', () => {
    expect(read({ broadcast: 1 }, 6)).toEqual(plain);
  });

  test('others are errors', () => {
    expect(() => read({ gamma: 1 }, 13)).toThrow('no attribute "gamma"');
  });
});

describe('inference', () => {
  const type = (...dims: (number | string)[]): TensorType => ({ type: 'float32', dims });
  const infer = (inputs: TensorType[], attributes = plain) =>
    gemm.infer(inputs, attributes, () => undefined)[0]?.dims;

  test('symbols pass through', () => {
    expect(infer([type('N', 4), type(10, 4), type(10)], { ...plain, transB: true })).toEqual([
      'N',
      10,
    ]);
  });

  test.each([
    ['depths differ', [type(2, 3), type(4, 5)], /do not multiply: 3 columns meet 4 rows/],
    ['A is no matrix', [type(2, 3, 4), type(4, 5)], /matrices/],
    ['C is too tall', [type(1, 3), type(3, 5), type(2, 5)], /does not broadcast to \[1,5\]/],
    ['C has too many axes', [type(2, 3), type(3, 5), type(1, 2, 5)], /does not broadcast/],
    [
      'types differ',
      [type(2, 3), { ...type(3, 5), type: 'int32' as const }],
      /all of one type, not float32, int32/,
    ],
  ])('an error where %s', (_, inputs, message) => {
    expect(() => infer(inputs)).toThrow(message);
  });
});

describe('lowering', () => {
  const lower = (
    dims: readonly (readonly number[])[],
    {
      software = false,
      type = 'float32' as DataType,
      ...attributes
    }: Partial<GemmAttributes> & {
      software?: boolean;
      type?: DataType;
    } = {},
  ) => {
    const all = { ...plain, ...attributes };
    const element = type === 'int32' ? ('i32' as const) : ('f32' as const);
    const tensor = (shape: readonly number[]) =>
      ({ type, dims: shape, layout: 'linear', element }) as const;
    const [output] = gemm.infer(dims.map(tensor), all, () => undefined) as [StaticTensorType];
    const caps = {
      ...compatibilityCaps,
      software,
      ceiling: software
        ? { gflops: 17, gbps: 3, dispatchSeconds: 15e-6, parallelism: 8 }
        : compatibilityCaps.ceiling,
    };
    const io = { inputs: dims.map(tensor), outputs: [tensor(output.dims)], epilogue: undefined };
    const candidates = gemm.lower({ ...io, constant: () => undefined }, all, caps);
    const times = candidates.map((candidate) => estimateSeconds(candidate, caps));
    const best = candidates[times.indexOf(Math.min(...times))];
    return { candidates, best: best?.algorithm };
  };

  test('the cost model takes tiles in workgroup memory on a GPU, registers on a software adapter', () => {
    const square = [
      [512, 512],
      [512, 512],
    ];
    expect(lower(square).best).toBe('gemm.64x64');
    expect(lower(square, { software: true }).best).toBe('gemm.register8x8');
    // Few results of long sums: slices of K keep more of the device busy.
    expect(
      lower([
        [49, 960],
        [960, 320],
      ]).best,
    ).toMatch(/^gemm\.\d+x\d+k\d+$/);
  });

  test('one row goes to the matrix-vector kernel on a GPU', () => {
    const layer = [[1, 9216], [4096, 9216], [4096]];
    expect(lower(layer, { transB: true }).best).toBe('matvec.slices');
    expect(lower(layer, { transB: true, software: true }).best).toBe('matvec.columns');
  });

  test('weights are read where they lie, along K', () => {
    const { candidates } = lower([[1, 64], [10, 64], [10]], { transB: true });
    for (const { dispatches, packings } of candidates) {
      expect(packings).toEqual([]);
      expect(dispatches.map(({ variant }) => variant.loads)).toEqual(['nt']);
    }
  });

  test('nothing is dispatched for an empty result', () => {
    expect(
      lower([
        [0, 4],
        [4, 5],
      ]).candidates.map(({ dispatches }) => dispatches),
    ).toEqual([[]]);
  });

  test('integers take whole factors only', () => {
    const square = [
      [4, 4],
      [4, 4],
    ];
    expect(lower(square, { type: 'int32', alpha: -3 }).candidates).toHaveLength(1);
    expect(lower(square, { type: 'int32', alpha: 0.5 }).candidates).toHaveLength(0);
  });

  test('more workgroups than one dimension takes are folded into two', () => {
    const [candidate] = lower([
      [1, 4],
      [4, 4 * 32 * 70000],
    ]).candidates;
    const [x = 0, y = 0] = candidate?.dispatches[0]?.workgroups ?? [];
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
    expect(x * y * 32).toBeGreaterThanOrEqual(4 * 32 * 70000);
  });
});
