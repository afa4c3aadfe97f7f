/** Checks a candidate against a device's limits, so that nothing fails later inside WebGPU. */

import type { Dispatch, UniformLayout, UniformValues } from '../../shaders/lib/kernel.ts';
import { WgconvError } from '../core/errors.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Node } from '../graph/graph.ts';
import { deviceBytes } from '../ops/device-tensor.ts';
import type { Candidate, LoweringIO } from '../ops/operator.ts';

/** @throws WgconvError `limit-exceeded` where no buffer of the device holds the value */
export function checkBuffer(what: string, value: string, bytes: number, { limits }: DeviceCaps) {
  const limit = limits.bufferBytes;
  if (bytes <= limit) return;
  throw new WgconvError(
    'limit-exceeded',
    `${what} takes ${bytes} bytes; a buffer of this device has at most ${limit}. Use a smaller ` +
      "input or model, or { backend: 'cpu' }.",
    { value, data: { bytes, limit } },
  );
}

export interface Violation {
  /** In words. */
  readonly reason: string;
  /** The value that is too large, what it takes, and what the device has. */
  readonly value?: string | undefined;
  readonly bytes?: number;
  readonly limit?: number;
}

/** What forbids the node's candidate on this device; undefined where nothing does. */
export function limitViolation(
  candidate: Candidate,
  io: LoweringIO,
  caps: DeviceCaps,
  node?: Pick<Node, 'inputs' | 'outputs'>,
): Violation | undefined {
  // A binding is a part of one buffer.
  const limit = Math.min(caps.limits.storageBindingBytes, caps.limits.bufferBytes);
  const tooLarge = (what: string, bytes: number, value?: string): Violation | undefined =>
    bytes > limit
      ? {
          ...{ value, bytes, limit },
          reason: `${what}${value ? ` "${value}"` : ''} takes ${bytes} bytes; this device binds at most ${limit}`,
        }
      : undefined;
  const inputTooLarge = (index: number, part?: number) => {
    const tensor = io.inputs[index];
    const bytes = part ?? (tensor ? deviceBytes(tensor) : 0);
    return tooLarge('its input', bytes, node?.inputs[index]);
  };
  for (const { buffers } of candidate.dispatches) {
    for (const buffer of buffers) {
      if (buffer.role !== 'input') continue;
      const found = inputTooLarge(buffer.index, buffer.range?.bytes);
      if (found) return found;
    }
  }
  for (const [index, tensor] of io.outputs.entries()) {
    const found = tooLarge('its output', deviceBytes(tensor), node?.outputs[index]);
    if (found) return found;
  }
  for (const bytes of candidate.scratch) {
    const found = tooLarge('a scratch buffer', bytes);
    if (found) return found;
  }
  for (const { made, input, bytes, dispatches } of candidate.packings) {
    const found = made
      ? tooLarge('a table', bytes)
      : (dispatches.length > 0 && inputTooLarge(input)) ||
        tooLarge('packed, its input', bytes, node?.inputs[input]);
    if (found) return found;
  }
  for (const dispatch of allDispatches(candidate)) {
    const reason = dispatchViolation(dispatch, caps);
    if (reason) return { reason };
  }
  return undefined;
}

/** No device binds more: kernels count bytes in 32 bits. */
const largestBinding = 2 ** 32;

/** A value that no device holds, found before an operator makes lists as long as it. */
export function absurdValue({ inputs, outputs }: LoweringIO, node: Node): Violation | undefined {
  const names = [...node.inputs.slice(0, inputs.length), ...node.outputs];
  for (const [at, tensor] of [...inputs, ...outputs].entries()) {
    const bytes = tensor ? deviceBytes(tensor) : 0;
    if (bytes <= largestBinding) continue;
    const value = names[at];
    const reason = `"${value}" takes ${bytes} bytes; no device binds more than ${largestBinding}`;
    return { value, bytes, limit: largestBinding, reason };
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
