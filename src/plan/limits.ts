/** Checks a candidate against a device's limits, so that nothing fails later inside WebGPU. */

import type { Dispatch, UniformLayout, UniformValues } from '../../shaders/lib/kernel.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import { deviceBytes } from '../ops/device-tensor.ts';
import type { Candidate, LoweringIO } from '../ops/operator.ts';

/** What forbids the candidate on this device, in words; undefined where nothing does. */
export function limitViolation(
  candidate: Candidate,
  io: LoweringIO,
  caps: DeviceCaps,
): string | undefined {
  const { limits } = caps;
  const tooLarge = (what: string, bytes: number) =>
    bytes > limits.storageBindingBytes
      ? `${what} takes ${bytes} bytes; this device binds at most ${limits.storageBindingBytes}`
      : undefined;
  for (const dispatch of allDispatches(candidate)) {
    const found = dispatchViolation(dispatch, caps);
    if (found) return found;
  }
  for (const { buffers } of candidate.dispatches) {
    for (const buffer of buffers) {
      if (buffer.role !== 'input') continue;
      const tensor = io.inputs[buffer.index];
      const bytes = buffer.range?.bytes ?? (tensor ? deviceBytes(tensor) : 0);
      const found = tooLarge(`input ${buffer.index}`, bytes);
      if (found) return found;
    }
  }
  for (const [index, tensor] of io.outputs.entries()) {
    const found = tooLarge(`output ${index}`, deviceBytes(tensor));
    if (found) return found;
  }
  for (const bytes of candidate.scratch) {
    const found = tooLarge('a scratch buffer', bytes);
    if (found) return found;
  }
  for (const packing of candidate.packings) {
    const found = tooLarge(
      packing.made ? 'a table' : `the packed input ${packing.input}`,
      packing.bytes,
    );
    if (found) return found;
  }
  return undefined;
}

function allDispatches(candidate: Candidate): Dispatch[] {
  return [...candidate.packings.flatMap((packing) => packing.dispatches), ...candidate.dispatches];
}

/** Turns left for loops that a constant bounds, which kernels do not count. */
const constantLoops = 256;

const subgroupMatrix = 'chromium_experimental_subgroup_matrix';

function dispatchViolation(dispatch: Dispatch, caps: DeviceCaps): string | undefined {
  const { limits } = caps;
  const { kernel, variant, workgroups } = dispatch;
  const [x, y, z] = kernel.workgroupSize(variant);
  const invocations = x * y * z;
  const bindings = kernel.bindings(variant);
  const bytes = kernel.workgroupBytes?.(variant) ?? 0;
  if (invocations > limits.invocationsPerWorkgroup) {
    return `${kernel.name} needs ${invocations} invocations a workgroup; this device has ${limits.invocationsPerWorkgroup}`;
  }
  const buffers = bindings.filter(({ access }) => access.startsWith('read')).length;
  if (buffers > limits.storageBuffersPerStage) {
    return `${kernel.name} binds ${buffers} storage buffers; this device allows ${limits.storageBuffersPerStage}`;
  }
  if (bytes > limits.workgroupBytes) {
    return `${kernel.name} needs ${bytes} bytes of workgroup memory; this device has ${limits.workgroupBytes}`;
  }
  if (workgroups.some((count) => count > limits.workgroupsPerDimension)) {
    return `${kernel.name} needs ${workgroups.join('×')} workgroups; this device allows ${limits.workgroupsPerDimension} in a dimension`;
  }
  const turns =
    kernel.iterations?.(
      variant,
      // Any layout's values are numbers or vectors of four.
      dispatch.uniforms as UniformValues<UniformLayout>,
    ) ?? 0;
  if (turns > limits.loopIterations - constantLoops) {
    return `${kernel.name} turns its loops ${turns} times; this device ends them at ${limits.loopIterations}`;
  }
  const features = kernel.features?.(variant) ?? [];
  if (caps.subgroupMatrix.length === 0 && features.includes(subgroupMatrix)) {
    return `${kernel.name} multiplies matrices of subgroups, which this device lacks`;
  }
  if (!caps.subgroups && features.includes('subgroups')) {
    return `${kernel.name} computes across subgroups, which this device lacks`;
  }
  if (!caps.f16 && bindings.some((binding) => binding.type.includes('f16'))) {
    return `${kernel.name} stores f16, which this device lacks`;
  }
  return undefined;
}
