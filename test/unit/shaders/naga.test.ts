/** The kernels pass Naga, the compiler of Firefox and Deno, as they pass Chrome's. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { kernels } from '../../../shaders/index.ts';
import { type Kernel, shaderSource, type Variant } from '../../../shaders/lib/kernel.ts';
import { softwareVulkan } from '../../support/software-vulkan.ts';

const root = resolve(import.meta.dirname, '../../..');
const script = join(root, 'test/support/naga.js');
const deno = join(root, 'node_modules/deno/bin.cjs');

/** So few variants that every property has each of its values in one of them. */
function representative(variants: readonly Variant[]): Variant[] {
  const seen = new Set<string>();
  return variants.filter((variant) => {
    const fresh = Object.entries(variant)
      .map((property) => property.join())
      .filter((property) => !seen.has(property));
    for (const property of fresh) seen.add(property);
    return fresh.length > 0 || seen.size === 0;
  });
}

/** Naga has no subgroups and no subgroup matrices, and a device there offers neither; Deno has no videos. */
function neededFeatures(kernel: Kernel, variant: Variant): string[] {
  const bindings = kernel.bindings(variant);
  const half = bindings.some(({ type }) => type.includes('f16'));
  const external = bindings.some(({ access }) => access === 'external');
  return [
    ...(kernel.features?.(variant) ?? []),
    ...(half ? ['shader-f16'] : []),
    ...(external ? ['external textures'] : []),
  ];
}

test('every kernel compiles, with each of its options', async ({ skip }) => {
  const shaders = kernels.flatMap((kernel) =>
    representative(kernel.variants()).map((variant) => ({
      name: `${kernel.name} ${JSON.stringify(variant)}`,
      code: shaderSource(kernel, variant),
      features: neededFeatures(kernel, variant),
    })),
  );
  const broken = {
    name: 'broken',
    code: '@compute @workgroup_size(1) fn main() { x }',
    features: [],
  };

  const { stdout, stderr } = spawnSync(process.execPath, [deno, 'run', '--quiet', script], {
    input: JSON.stringify([...shaders, broken]),
    encoding: 'utf8',
    env: { ...process.env, ...(await softwareVulkan()) },
    maxBuffer: 2 ** 26,
  });
  if (stdout === '') throw new Error(`Deno gave no answer: ${stderr}`);
  const { adapter, refused } = JSON.parse(stdout) as {
    adapter?: string;
    refused: { name: string; message: string }[];
  };
  if (adapter === undefined) skip('Deno finds no adapter');

  expect(refused.map(({ name }) => name)).toContain('broken');
  expect(refused.filter(({ name }) => name !== 'broken')).toEqual([]);
}, 120_000);
