/** What `new Tensor` says to data, types and dims that do not fit. */

import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/index.ts';

/** As a caller without types would. */
const make = (...parts: unknown[]) =>
  Reflect.construct(Tensor, parts) as unknown as InstanceType<typeof Tensor>;

describe('a tensor', () => {
  it.each([
    ['no data', ['float32', undefined, [3]], 'a float32 tensor takes a typed array, not undefined'],
    ['null', ['float32', null, [3]], 'not null'],
    ['a number', ['float32', 3, [3]], 'not number'],
    [
      'another array',
      ['float32', new Int32Array(3), [3]],
      'takes a Float32Array, not a Int32Array',
    ],
    ['half an int64', ['int64', [1.5], [1]], 'a tensor of int64 cannot hold 1.5'],
    ['dims that are no array', ['float32', new Float32Array(3), 3], 'dims must be an array'],
    ['dims as text', ['float32', new Float32Array(3), '3'], 'dims must be an array'],
    ['NaN as a size', ['float32', new Float32Array(3), [Number.NaN]], 'must be integers from 0'],
    ['a negative size', ['float32', new Float32Array(3), [-3]], 'must be integers from 0'],
    [
      'too few elements',
      ['float32', new Float32Array(3), [2, 2]],
      'need 4 elements, but the data has 3',
    ],
    ['words', ['float32', ['a', 'b'], [2]], 'a tensor of float32 cannot hold a'],
    ['nothing', ['int32', [null], [1]], 'a tensor of int32 cannot hold null'],
    ['an unknown type', ['float', new Float32Array(3), [3]], '"float" is no element type'],
  ])('refuses %s', (_, parts, message) => {
    expect(() => make(...parts)).toThrowError(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('takes a buffer with its type and shape, and refuses less in words', () => {
    const refused = expect.objectContaining({ code: 'invalid-argument' });
    const buffer = {} as GPUBuffer;
    for (const given of [
      [buffer],
      [null, { dataType: 'float32', dims: [1] }],
      [buffer, { dataType: 'float32' }],
    ]) {
      expect(() => Tensor.fromGpuBuffer(...(given as [never, never]))).toThrow(refused);
    }
  });

  it('takes plain numbers, also for 64-bit integers', () => {
    expect(new Tensor('int64', [1, -2], [2]).data).toEqual(BigInt64Array.of(1n, -2n));
    expect(new Tensor('float32', [0.5], []).dims).toEqual([]);
  });

  it('is of no use once it is disposed of, and says so', () => {
    const buffer = {} as GPUBuffer;
    const tensor = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [1] });
    expect(tensor.gpuBuffer).toBe(buffer);
    tensor.dispose();
    expect(() => tensor.gpuBuffer).toThrow('this tensor was disposed');
  });
});
