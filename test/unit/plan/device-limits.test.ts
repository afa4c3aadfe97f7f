/**
 * What a device's limits do not allow is found when planning: another kernel is taken, the work is
 * split, or the error names the value, its size and the limit.
 */

import { expect, it } from 'vitest';
import { mostTextureBytes, textureSize } from '../../../shaders/lib/weights.ts';
import { WgconvError } from '../../../src/core/errors.ts';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { loadAndPlan } from '../../support/load-and-plan.ts';
import type { ModelInput } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

type Limits = Partial<DeviceCaps['limits']>;

async function planOf(model: ModelInput, limits: Limits, more: Partial<DeviceCaps> = {}) {
  const all = { ...compatibilityCaps.limits, ...limits };
  return (await loadAndPlan(model, { ...compatibilityCaps, ...more, limits: all })).plan;
}

async function failure(model: ModelInput, limits: Limits): Promise<WgconvError> {
  const error = await planOf(model, limits).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WgconvError)) throw new Error(`no WgconvError: ${error}`);
  expect(error.code).toBe('limit-exceeded');
  return error;
}

/** 8 channels of 32×32 in float32: 32,768 bytes; its weights take 9,216 of 16 channels. */
const conv: ModelInput = {
  nodes: [
    {
      ...{ op: 'Conv', name: 'first', inputs: ['picture', 'filters'], outputs: ['maps'] },
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
  ],
  inputs: [{ name: 'picture', dims: [1, 8, 32, 32] }],
  outputs: ['maps'],
  initializers: { filters: uniform([16, 8, 3, 3], 1) },
};

const one = (op: string, dims: readonly number[], more: Partial<ModelInput> = {}): ModelInput => ({
  nodes: [{ op, name: 'node', inputs: ['x'], outputs: ['y'] }],
  inputs: [{ name: 'x', dims }],
  outputs: ['y'],
  ...more,
});

it('names an output that no binding holds, its size and the limit', async () => {
  const error = await failure(conv, { storageBindingBytes: 40_000 });
  expect(error.message).toMatch(
    /Conv "first": its output "maps(@\w+)?" takes 65536 bytes; this device binds at most 40000.*Use a smaller input, or \{ backend: 'cpu' \}\.$/,
  );
  expect(error.value).toMatch(/^maps/);
  expect(error.data.nodes).toContainEqual(
    expect.objectContaining({ operator: 'Conv', bytes: 65536, limit: 40_000 }),
  );
});

it('names an input', async () => {
  const pool = one('GlobalAveragePool', [1, 8, 32, 32]);
  const error = await failure(pool, { storageBindingBytes: 30_000 });
  expect(error.message).toMatch(/its input "x(@\w+)?" takes 32768 bytes/);
});

it('names a weight, as it is and packed', async () => {
  const wide: ModelInput = {
    ...conv,
    nodes: [{ op: 'Conv', name: 'first', inputs: ['picture', 'filters'], outputs: ['maps'] }],
    inputs: [{ name: 'picture', dims: [1, 64, 3, 3] }],
    initializers: { filters: uniform([64, 64, 3, 3], 1) },
  };
  const error = await failure(wide, { storageBindingBytes: 100_000 });
  expect(error.message).toMatch(/Conv "first": .*input "filters" takes 147456 bytes/);
  const buffer = await failure(wide, { storageBindingBytes: 1e6, bufferBytes: 100_000 });
  expect(buffer.message).toMatch(/"filters" takes 147456 bytes; .* at most 100000/);
});

it('names a value that no buffer holds, though nothing binds it whole', async () => {
  const halves: ModelInput = {
    nodes: [
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'Neg', inputs: ['a'], outputs: ['c'] },
      { op: 'Concat', inputs: ['b', 'c'], outputs: ['both'], attributes: { axis: 0 } },
    ],
    inputs: [{ name: 'a', dims: [1, 4096] }],
    outputs: ['both'],
  };
  expect((await planOf(halves, {})).nodes.map(({ home }) => home)).toContain('joined');
  const error = await failure(halves, { bufferBytes: 20_000 });
  expect(error.message).toMatch(/"both" takes 32768 bytes; .* at most 20000/);
  expect(error.value).toBe('both');
});

function dispatchesOf({ steps }: Plan) {
  return steps.flatMap((step) => (step.kind === 'dispatch' ? [step.dispatch] : []));
}

it('spreads workgroups over dimensions where one has too many', async () => {
  // WebGPU's default, which is every device's in practice.
  const { workgroupsPerDimension: most } = compatibilityCaps.limits;
  expect(most).toBe(65535);
  const large = { bufferBytes: 2 ** 32, storageBindingBytes: 2 ** 32 };
  const [relu] = dispatchesOf(await planOf(one('Relu', [1, 100_000_000]), large));
  const [x, y, z] = relu?.workgroups ?? [0, 0, 0];
  expect(Math.max(x, y, z)).toBeLessThanOrEqual(most);
  expect(x * y * z).toBeGreaterThan(most);
});

it.each([
  ['invocations', { invocationsPerWorkgroup: 64 }],
  ['workgroup memory', { workgroupBytes: 1024 }],
  ['storage buffers', { storageBuffersPerStage: 5 }],
] as const)('takes kernels that fit where the device has few %s', async (_, limits) => {
  const caps = { ...compatibilityCaps.limits, ...limits };
  for (const { kernel, variant } of dispatchesOf(await planOf(conv, limits))) {
    const [x, y, z] = kernel.workgroupSize(variant);
    expect(x * y * z).toBeLessThanOrEqual(caps.invocationsPerWorkgroup);
    expect(kernel.workgroupBytes?.(variant) ?? 0).toBeLessThanOrEqual(caps.workgroupBytes);
    const buffers = kernel.bindings(variant).filter(({ access }) => access !== 'texture');
    expect(buffers.length).toBeLessThanOrEqual(caps.storageBuffersPerStage);
  }
});

it('says which kernel does not fit, and of which node, where none does', async () => {
  const invocations = await failure(conv, { invocationsPerWorkgroup: 16 });
  expect(invocations.message).toMatch(
    /Conv "first": \w+ needs \d+ invocations a workgroup; this device has 16/,
  );
  const buffers = await failure(conv, { storageBuffersPerStage: 4 });
  expect(buffers.message).toMatch(
    /Conv "first": \w+ binds 5 storage buffers; this device allows 4/,
  );
});

it('keeps weights in textures only where every device has rows enough', () => {
  for (const format of ['rgba32float', 'rgba16float'] as const) {
    // WebGPU's compatibility mode allows 4096.
    expect(Math.max(...textureSize(mostTextureBytes, format))).toBeLessThanOrEqual(4096);
  }
});
