/** Conv by its definition: attributes, auto_pad, inference, hand-computed sums, what is offered. */

import { describe, expect, test } from 'vitest';
import { type ReferenceTensor, toReference } from '../../../src/core/reference.ts';
import {
  type Dim,
  type StaticTensorType,
  sizeOf,
  type TensorType,
} from '../../../src/core/shape.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import type { Layout } from '../../../src/graph/graph.ts';
import { RecordAttributeReader } from '../../../src/ops/attributes.ts';
import type { ConvAttributes } from '../../../src/ops/conv/geometry.ts';
import { lazyAlgorithms } from '../../../src/ops/conv/lower.ts';
import { conv } from '../../../src/ops/conv/schema.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import type { LoweringIO } from '../../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { resolveWindow } from '../../../src/ops/window.ts';
import { rankCandidates } from '../../../src/plan/cost.ts';
import { tensorOf } from '../../support/random.ts';

function attributesOf(values: Readonly<Record<string, PlainAttribute>> = {}): ConvAttributes {
  const reader = new RecordAttributeReader(attributeValues(values), {
    ...{ node: 'conv', operator: 'Conv', inputCount: 2, outputCount: 1 },
  });
  const attributes = conv.attributes(reader, 22) as ConvAttributes;
  reader.finish();
  return attributes;
}

const float = (dims: readonly Dim[]): TensorType => ({ type: 'float32', dims });

function inferred(
  x: readonly Dim[],
  w: readonly Dim[],
  values: Readonly<Record<string, PlainAttribute>> = {},
): readonly Dim[] | undefined {
  return conv.infer([float(x), float(w)], attributesOf(values), () => undefined)[0]?.dims;
}

describe('inference', () => {
  test.each([
    ['no pads', [1, 3, 7, 5], [4, 3, 3, 3], {}, [1, 4, 5, 3]],
    ['four pads', [1, 3, 7, 5], [4, 3, 3, 3], { pads: [0, 1, 2, 3] }, [1, 4, 7, 7]],
    ['strides round down', [2, 3, 8, 8], [4, 3, 3, 3], { strides: [2, 3] }, [2, 4, 3, 2]],
    ['dilations', [1, 1, 9, 9], [1, 1, 3, 2], { dilations: [2, 5] }, [1, 1, 5, 4]],
    ['SAME', [1, 1, 7, 8], [1, 1, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 3] }, [1, 1, 4, 3]],
    ['VALID', [1, 1, 7, 7], [1, 1, 3, 3], { auto_pad: 'VALID', strides: [2, 2] }, [1, 1, 3, 3]],
    ['one axis', [1, 2, 9], [5, 2, 4], { strides: [2] }, [1, 5, 3]],
    ['three axes', [1, 2, 5, 6, 7], [3, 2, 2, 3, 4], {}, [1, 3, 4, 4, 4]],
    ['an empty input', [1, 1, 0, 9], [1, 1, 3, 3], {}, [1, 1, 0, 7]],
    ['groups', [1, 4, 3, 3], [6, 2, 1, 1], { group: 2 }, [1, 6, 3, 3]],
  ])('%s', (_, x, w, values, expected) => {
    expect(inferred(x, w, values)).toEqual(expected);
  });

  test('a kernel that does not fit is refused in words', () => {
    expect(() => inferred([1, 1, 2, 9], [1, 1, 3, 3])).toThrow(
      'the kernel covers 3 elements of spatial axis 0, but the input has 2 there',
    );
    const attributes = { pads: [0, 1, 0, 1], dilations: [1, 3] };
    expect(() => inferred([1, 1, 3, 4], [1, 1, 3, 3], attributes)).toThrow(
      'covers 7 elements of spatial axis 1, but the input has 4 there and 2 of padding',
    );
  });

  test('symbols stay where sizes do not change', () => {
    const pads = [1, 1, 1, 1];
    expect(inferred(['N', 3, 'H', 224], [8, 3, 3, 3], { pads })).toEqual(['N', 8, 'H', 224]);
    const same = { auto_pad: 'SAME_LOWER', strides: [1, 2] };
    expect(inferred(['N', 3, 'H', 'W'], [8, 3, 3, 3], same)).toEqual(['N', 8, 'H', 'ceil((W)/2)']);
  });

  test.each([
    ['channels', [1, 4, 5, 5], [2, 3, 3, 3], {}, 'invalid-shape'],
    ['groups', [1, 4, 5, 5], [3, 2, 3, 3], { group: 2 }, 'invalid-shape'],
    ['ranks', [1, 4, 5, 5], [2, 4, 3], {}, 'invalid-shape'],
    ['kernel_shape', [1, 4, 5, 5], [2, 4, 3, 3], { kernel_shape: [3, 2] }, 'invalid-shape'],
    ['too few pads', [1, 4, 5, 5], [2, 4, 3, 3], { pads: [1, 1] }, 'invalid-attribute'],
  ])('%s that do not fit are an error', (_, x, w, values, code) => {
    expect(() => inferred(x, w, values)).toThrowError(expect.objectContaining({ code }));
  });

  test.each([
    ['a negative pad', { pads: [0, -1, 0, 0] }],
    ['a stride of 0', { strides: [0, 1] }],
    ['an unknown auto_pad', { auto_pad: 'SAME' }],
    ['a group of 0', { group: 0 }],
    ['an unknown attribute', { padding: 1 }],
  ])('%s is an error', (_, values) => {
    expect(() => attributesOf(values)).toThrowError(
      expect.objectContaining({ code: 'invalid-attribute' }),
    );
  });
});

describe('auto_pad', () => {
  // Size 7, stride 2: 4 outputs need 3·2 + kernel − 7 pads.
  test.each([
    ['SAME_UPPER', 4, [1], [2]],
    ['SAME_LOWER', 4, [2], [1]],
    ['SAME_UPPER', 3, [1], [1]],
    ['SAME_UPPER', 1, [0], [0]],
    ['VALID', 4, [0], [0]],
  ])('%s with a kernel of %i', (autoPad, kernel, padBegin, padEnd) => {
    const attributes = attributesOf({ auto_pad: autoPad, strides: [2] });
    expect(resolveWindow([7], [kernel], attributes)).toMatchObject({ padBegin, padEnd });
  });
});

async function evaluate(
  inputs: readonly (ReferenceTensor | undefined)[],
  values: Readonly<Record<string, PlainAttribute>> = {},
  single = false,
) {
  const attributes = attributesOf(values);
  const outputs = conv.infer(inputs, attributes, () => undefined) as StaticTensorType[];
  const [result] = (await conv.reference())(inputs, attributes, { single, outputs });
  if (!result) throw new Error('no result');
  return { ...result, value: Array.from(result.value, Number), dims: outputs[0]?.dims };
}

const reference = (dims: readonly number[], values: readonly number[]) =>
  toReference(tensorOf(dims, values));

describe('the reference', () => {
  const x = reference([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const w = reference([1, 1, 2, 2], [1, 10, 100, 1000]);

  test('sums over the window', async () => {
    expect((await evaluate([x, w])).value).toEqual([5421, 6532, 8754, 9865]);
  });

  test('pads of the four sides are apart', async () => {
    const { dims, value } = await evaluate([x, w], { pads: [1, 0, 0, 1] });
    expect(dims).toEqual([1, 1, 3, 3]);
    // Above the first row there is nothing, right of the last column neither.
    expect(value).toEqual([2100, 3200, 300, 5421, 6532, 603, 8754, 9865, 906]);
  });

  test('strides and dilations', async () => {
    const { value } = await evaluate([x, w], { dilations: [2, 2] });
    expect(value).toEqual([1 + 30 + 700 + 9000]);
    const strided = await evaluate([x, w], { strides: [2, 2], pads: [0, 0, 1, 1] });
    expect(strided.value).toEqual([5421, 603, 87, 9]);
  });

  test('groups, bias and the bound', async () => {
    const result = await evaluate(
      [
        reference([1, 2, 1, 2], [1, -2, 3, 4]),
        reference([2, 1, 1, 2], [5, 6, -7, 8]),
        reference([2], [0.5, -100]),
      ],
      { group: 2 },
    );
    expect(result.value).toEqual([5 - 12 + 0.5, -21 + 32 - 100]);
    expect(Array.from(result.magnitude ?? [])).toEqual([5 + 12 + 0.5, 21 + 32 + 100]);
    expect(result.terms).toBe(3);
  });

  test('magnitude, terms and slack of an input carry on', async () => {
    const input: ReferenceTensor = {
      ...reference([1, 1, 1, 2], [1, 1]),
      magnitude: Float64Array.of(10, 20),
      terms: 7,
      slack: Float64Array.of(0.5, 0.25),
    };
    const result = await evaluate([input, reference([1, 1, 1, 2], [2, -4])]);
    expect(result).toMatchObject({
      ...{ value: [-2], magnitude: Float64Array.of(20 + 80), slack: Float64Array.of(1 + 1) },
      terms: 2 + 7,
    });
  });

  test('single rounds every product and sum', async () => {
    const inputs = [reference([1, 3, 1, 1], [2 ** 24, 1, 1]), reference([1, 3, 1, 1], [1, 1, 1])];
    expect((await evaluate(inputs)).value).toEqual([2 ** 24 + 2]);
    expect((await evaluate(inputs, {}, true)).value).toEqual([2 ** 24]);
  });

  test('infinity in the padding does not exist, NaN in a window stays', async () => {
    const input = reference([1, 1, 1, 3], [Number.NaN, 1, Number.POSITIVE_INFINITY]);
    const kernel = reference([1, 1, 1, 2], [0, 1]);
    const { value } = await evaluate([input, kernel], { pads: [0, 1, 0, 0] });
    expect(value).toEqual([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]);
  });
});

await Promise.all(lazyAlgorithms.map(({ module }) => module.load()));

function candidates(
  x: readonly number[],
  w: readonly number[],
  values: Readonly<Record<string, PlainAttribute>>,
  caps: DeviceCaps,
  layout: Layout = 'c4',
  weight?: HostTensor,
) {
  const attributes = attributesOf(values);
  const dims = conv.infer([float(x), float(w)], attributes, () => undefined)[0]?.dims;
  const io: LoweringIO = {
    inputs: [deviceTensor('float32', x, layout, caps), deviceTensor('float32', w, 'linear', caps)],
    outputs: [deviceTensor('float32', dims as readonly number[], 'c4', caps)],
    epilogue: undefined,
    constant: (index) => (index === 1 ? weight : undefined),
  };
  return conv.lower(io, attributes, caps);
}

const zeros = (dims: readonly number[]): HostTensor =>
  tensorOf(dims, Array<number>(sizeOf(dims)).fill(0));

/** Algorithms without their tiles. */
const kinds = (list: readonly { readonly algorithm: string }[]): string[] => [
  ...new Set(list.map(({ algorithm }) => algorithm.replace(/\..*/, ''))),
];

describe('what is offered', () => {
  test('a 1×1 product only where no side is padded and no stride skips', () => {
    const of = (values: Readonly<Record<string, PlainAttribute>>) =>
      kinds(candidates([1, 8, 6, 6], [8, 8, 1, 1], values, compatibilityCaps));
    expect(of({})).toContain('conv_1x1');
    for (const values of [
      { pads: [0, 0, 1, 0] },
      { pads: [0, 0, 0, 1] },
      { pads: [1, 0, 0, 0] },
      { strides: [1, 2] },
    ]) {
      expect(of(values)).toEqual(['conv_direct', 'conv_implicit_gemm', 'im2col_gemm']);
    }
  });

  test('no patch matrix beyond the largest binding', () => {
    const large = candidates([1, 64, 512, 512], [8, 64, 3, 3], {}, compatibilityCaps);
    expect(kinds(large)).not.toContain('im2col_gemm');
    expect(kinds(large)).toContain('conv_implicit_gemm');
  });

  test('few channels are read as the model stores them', () => {
    const layouts = (channels: number) =>
      conv.traits
        .layouts?.({
          attributes: attributesOf(),
          inputs: [float([1, channels, 8, 8]), float([4, channels, 3, 3])],
          outputs: [float([1, 4, 6, 6])],
          constant: () => undefined,
        })
        .map(({ inputs }) => inputs[0]);
    expect(layouts(3)).toEqual(['linear', 'linear', 'c4', 'c4']);
    expect(layouts(4)).toEqual(['c4', 'c4', 'linear', 'linear']);
    // Lanes past the last channel would have to be masked.
    expect(layouts(5)).toEqual(['c4', 'c4']);
    const linear = candidates([1, 3, 8, 8], [4, 3, 3, 3], {}, compatibilityCaps, 'linear');
    expect(kinds(linear)).toContain('conv_direct');
  });

  test('software adapters get register tiles, GPUs workgroup memory', () => {
    const software: DeviceCaps = {
      ...compatibilityCaps,
      software: true,
      ceiling: { gflops: 120, gbps: 3.5, dispatchSeconds: 3e-5, parallelism: 16 },
    };
    const pads = [1, 1, 1, 1];
    const best = (x: readonly number[], w: readonly number[], caps: DeviceCaps) =>
      rankCandidates(candidates(x, w, { pads }, caps, 'c4', zeros(w)), caps)[0]?.candidate;
    // A column of the kernel at a time; where it is higher than those, rows that slide.
    expect(best([1, 64, 30, 30], [64, 64, 5, 5], software)?.algorithm).toBe('conv_direct.7x2');
    expect(best([1, 64, 33, 33], [64, 64, 8, 8], software)?.algorithm).toBe('conv_direct.14x2s');
    // Seven rows would be half of a tile of fourteen.
    expect(best([1, 64, 12, 12], [64, 64, 8, 8], software)?.algorithm).toBe('conv_direct.7x4');
    const adapter = { ...software.adapter, architecture: 'swiftshader' };
    const swiftShader = { ...software, adapter };
    expect(best([1, 64, 66, 66], [64, 64, 5, 5], swiftShader)?.algorithm).toBe('conv_direct.8x2');
    expect(best([1, 64, 64, 64], [64, 64, 5, 5], compatibilityCaps)?.cost.barriers).toBe(true);
  });

  test('Winograd is not chosen where its weights take many bytes more', () => {
    const algorithms = (channels: number, size: number) => {
      const all = candidates(
        [1, channels, size, size],
        [channels, channels, 3, 3],
        { pads: [1, 1, 1, 1] },
        compatibilityCaps,
      ).filter(({ onlyForced }) => !onlyForced);
      return kinds(all).filter((kind) => kind.startsWith('winograd'));
    };
    expect(algorithms(64, 56)).toEqual(['winograd_2x2', 'winograd_4x4']);
    // 4.2 MB in place of 2.4; 9.4 would be too many.
    expect(algorithms(256, 14)).toEqual(['winograd_2x2']);
    expect(algorithms(256, 56)).toEqual(['winograd_2x2', 'winograd_4x4']);
    expect(algorithms(512, 7)).toEqual([]);
  });

  test('constant weights lie in a texture on software adapters, fed ones and those of GPUs in a buffer', () => {
    const software: DeviceCaps = { ...compatibilityCaps, software: true };
    const weight = zeros([8, 8, 3, 3]);
    const kept = (caps: DeviceCaps, constant?: HostTensor) =>
      candidates([1, 8, 6, 6], [8, 8, 3, 3], {}, caps, 'c4', constant)
        .filter(({ algorithm }) => /^(conv_direct|winograd)/.test(algorithm))
        .map(({ packings }) => packings[0]?.texture);
    expect(new Set(kept(software, weight))).toEqual(new Set(['rgba32float']));
    expect(new Set(kept(software))).toEqual(new Set([undefined]));
    expect(new Set(kept(compatibilityCaps, weight))).toEqual(new Set([undefined]));
    const products = candidates([1, 8, 6, 6], [8, 8, 1, 1], {}, software, 'c4', weight);
    expect(products.map(({ packings }) => packings[0]?.key)).toContain('conv.f32.texture');
  });
});
