/** Winograd's matrices against their definition, its error bound by hand, and what is offered. */

import { describe, expect, test } from 'vitest';
import { winogradMatrices, winogradSizes } from '../../../shaders/lib/winograd.ts';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import type { ConvAttributes } from '../../../src/ops/conv/geometry.ts';
import { lazyAlgorithms, lowerConv } from '../../../src/ops/conv/lower.ts';
import type { ConvGeometry } from '../../../src/ops/conv/problem.ts';
import { winogradMagnitude } from '../../../src/ops/conv/winograd-magnitude.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import type { LoweringIO } from '../../../src/ops/operator.ts';
import { attributeValues } from '../../../src/ops/plain-attributes.ts';
import { rankCandidates } from '../../../src/plan/cost.ts';

await Promise.all(lazyAlgorithms.map(({ module }) => module.load()));

const times = (matrix: readonly (readonly number[])[], vector: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, c, i) => sum + c * (vector[i] as number), 0));

describe('matrices', () => {
  test.each(winogradSizes)('F(%i, 3) is the sliding sum of products', (size) => {
    const { input, weight, output } = winogradMatrices(size);
    const d = [3, -1, 4, 1, -5, 9].slice(0, size + 2);
    const g = [2, 7, -8];
    const transformed = times(weight, g);
    const products = times(input, d).map((value, i) => value * (transformed[i] as number));
    const expected = Array.from({ length: size }, (_, i) =>
      g.reduce((sum, tap, k) => sum + tap * (d[i + k] as number), 0),
    );
    times(output, products).forEach((y, i) => {
      expect(y).toBeCloseTo(expected[i] as number, 10);
    });
  });

  test('those of F(2, 3) are the published ones, up to signs', () => {
    expect(winogradMatrices(2).weight.map((row) => row.map(Math.abs))).toEqual([
      [1, 0, 0],
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
      [0, 0, 1],
    ]);
  });

  test('the input and output transforms of F(4, 3) are exact in float32', () => {
    const { input, output } = winogradMatrices(4);
    for (const c of [...input, ...output].flat()) expect(Math.fround(c)).toBe(c);
  });
});

/** One channel to one, `size`² pixels, no pads. */
function geometry(size: number, pad = 0): ConvGeometry {
  const out = size + 2 * pad - 2;
  return {
    ...{ batch: 1, group: 1, inChannels: 1, inDepth: 1, inHeight: size, inWidth: size },
    ...{ outChannels: 1, outDepth: 1, outHeight: out, outWidth: out },
    ...{ kernelDepth: 1, kernelHeight: 3, kernelWidth: 3, strideZ: 1, strideY: 1, strideX: 1 },
    ...{ dilationZ: 1, dilationY: 1, dilationX: 1 },
    ...{ padFront: 0, padTop: pad, padLeft: pad, padBack: 0, padBottom: pad, padRight: pad },
  };
}

describe('the magnitude of its arithmetic', () => {
  test('of ones under a centre tap, by hand', () => {
    // |G| g |Gᵀ| is ¼ at the four inner points, |Bᵀ| d |B| is 4 everywhere, |Aᵀ| adds up two by two.
    const centre = Float64Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
    const { magnitude } = winogradMagnitude(geometry(4), new Float64Array(16).fill(1), centre, 2);
    expect([...magnitude]).toEqual([4, 4, 4, 4]);
  });

  test('is not zero where the plain products are', () => {
    // The taps that a pixel reads are zero, but not those that its tile reads.
    const source = new Float64Array(16);
    source[0] = 1;
    const taps = new Float64Array(9).fill(1);
    const { magnitude } = winogradMagnitude(geometry(4), source, taps, 2);
    expect(magnitude[0]).toBeGreaterThanOrEqual(1);
    const { magnitude: large } = winogradMagnitude(
      geometry(6),
      new Float64Array(36).fill(1),
      taps,
      4,
    );
    for (const sum of large) expect(sum).toBeGreaterThan(9);
  });

  test('marks the outputs of a tile that holds what is not finite', () => {
    const source = new Float64Array(36).fill(1);
    source[35] = Number.NaN;
    const { ambiguous } = winogradMagnitude(geometry(6, 1), source, new Float64Array(9), 4);
    const rows = Array.from({ length: 6 }, (_, y) => [
      ...(ambiguous ?? []).slice(y * 6, y * 6 + 6),
    ]);
    // Tiles begin at 0 and 4; the NaN at (5, 5) is read by the last one alone: inputs 3 to 8.
    expect(rows[5]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(rows[3]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

function candidates(
  channels: number,
  size: number,
  values: Readonly<Record<string, number[]>> = {},
  rest: Partial<LoweringIO> = {},
  caps: DeviceCaps = compatibilityCaps,
) {
  const attributes = attributeValues({ pads: [1, 1, 1, 1], ...values });
  const node = buildNode({ name: 'c', op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], attributes });
  const c4 = (dims: number[]) => deviceTensor('float32', dims, 'c4', caps);
  const weight = deviceTensor('float32', [64, channels, 3, 3], 'linear', caps);
  const io: LoweringIO = {
    inputs: [c4([1, channels, size, size]), weight],
    outputs: [c4([1, 64, size, size])],
    epilogue: undefined,
    constant: () => undefined,
    ...rest,
  };
  const all = lowerConv(io, node.attributes as ConvAttributes, caps);
  return all.filter(({ arithmetic }) => arithmetic);
}

describe('candidates', () => {
  test('both sizes of tile, and none with a stride or dilation', () => {
    const names = candidates(64, 56).map(({ arithmetic }) => arithmetic);
    expect(new Set(names)).toEqual(new Set(['winograd_2x2', 'winograd_4x4']));
    expect(candidates(64, 56, { strides: [2, 1] })).toEqual([]);
    expect(candidates(64, 56, { dilations: [1, 2], pads: [1, 2, 1, 2] })).toEqual([]);
  });

  test('rounds keep to the scratch that the plan has, down to a dispatch that is full', () => {
    const bytes = (list: readonly { readonly scratch: readonly number[] }[]) =>
      Math.max(...list.map(({ scratch }) => scratch.reduce((sum, part) => sum + part, 0)));
    const whole = candidates(64, 224);
    const limited = candidates(64, 224, {}, { scratchBytes: 2 ** 22 });
    expect(bytes(limited)).toBeLessThanOrEqual(2 ** 22);
    expect(bytes(whole)).toBeGreaterThan(2 ** 22);
    expect(limited[0]?.dispatches.length).toBeGreaterThan(whole[0]?.dispatches.length ?? 0);
    // 64 tiles of 36 points, 16 blocks in and 16 out.
    const least = candidates(64, 224, {}, { scratchBytes: 0 });
    expect(bytes(least)).toBe(64 * 36 * 32 * 16);
  });

  test('every tile of every round is computed once', () => {
    for (const { dispatches, arithmetic } of candidates(16, 75, {}, { scratchBytes: 2 ** 20 })) {
      const side = Math.ceil(75 / (arithmetic === 'winograd_4x4' ? 4 : 2));
      let next = 0;
      for (const { kernel, uniforms } of dispatches) {
        if (kernel.name !== 'winograd_output') continue;
        expect(uniforms.firstTile).toBe(next);
        expect(uniforms.allTiles).toBe(side * side);
        next += uniforms.tiles as number;
      }
      // Fours, of which the last may lie past the end.
      expect(next).toBe(Math.ceil(side ** 2 / 4) * 4);
    }
  });

  test('software adapters get register tiles', () => {
    const software = { ...compatibilityCaps, software: true };
    const [best] = rankCandidates(candidates(64, 56, {}, {}, software), software);
    expect(best?.candidate.arithmetic).toBe('winograd_4x4');
    expect(best?.candidate.cost.barriers).toBe(false);
  });

  test('F(4×4) is left to whoever names it where plain rounding is wanted', () => {
    const best = (plainRounding: boolean) =>
      rankCandidates(candidates(64, 56, {}, { plainRounding }), compatibilityCaps)[0]?.candidate;
    expect(best(false)?.arithmetic).toBe('winograd_4x4');
    expect(best(true)?.arithmetic).toBe('winograd_2x2');
  });
});
