/** Every variant of every kernel passes Tint's full validation and fits the smallest device. */

import { beforeAll, describe, expect, test } from 'vitest';
import { kernels } from '../../shaders/index.ts';
import { shaderSource } from '../../shaders/lib/kernel.ts';
import { compatibilityCaps } from '../../src/gpu/caps.ts';
import { nullDevice, shaderErrors } from '../null-gpu.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await nullDevice();
});

test('names are unique', () => {
  const names = kernels.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s', (_, kernel) => {
  test('all variants are valid WGSL', async () => {
    const variants = kernel.variants();
    expect(variants.length).toBeGreaterThan(0);
    expect(new Set(variants.map((variant) => JSON.stringify(variant))).size).toBe(variants.length);
    for (const variant of variants) {
      const errors = await shaderErrors(device, shaderSource(kernel, variant));
      expect(errors, JSON.stringify(variant)).toEqual([]);
      // A plan may bind what is only read for writing, too.
      const all = kernel.bindings(variant).map((_, index) => index);
      const shared = await shaderErrors(device, shaderSource(kernel, variant, all));
      expect(shared, `${JSON.stringify(variant)}, all bound for writing`).toEqual([]);
    }
    // A kernel may have hundreds of variants, and the machine other work.
  }, 120_000);

  test('a variant fits the smallest device', () => {
    const { limits } = compatibilityCaps;
    const fits = kernel.variants().some((variant) => {
      const [x, y, z] = kernel.workgroupSize(variant);
      const bytes = kernel.workgroupBytes?.(variant) ?? 0;
      return (
        kernel.bindings(variant).length <= limits.storageBuffersPerStage &&
        x * y * z <= limits.invocationsPerWorkgroup &&
        bytes <= limits.workgroupBytes
      );
    });
    expect(fits).toBe(true);
  });
});
