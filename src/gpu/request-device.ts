/** What a caller says of the device, and the asking for one with all that its adapter has. */

import { DeviceLostError, WgconvError } from '../core/errors.ts';
import { host } from '../core/host.ts';
import type { DeviceCaps } from './caps.ts';
import { DeviceLoss } from './loss.ts';

export interface DeviceOptions {
  /** A device that the caller owns: used as it is, never destroyed by wgconv. */
  readonly device?: GPUDevice | undefined;
  readonly powerPreference?: GPUPowerPreference | undefined;
  /** Request only WebGPU's compatibility mode limits and no optional feature. */
  readonly compatibilityLimits?: boolean | undefined;
  /**
   * Offer kernels of Chrome's experimental subgroup matrices, where the adapter has them (Chrome
   * needs the flag --enable-unsafe-webgpu). Off by default.
   */
  readonly experimentalSubgroupMatrix?: boolean | undefined;
  /** Skip the micro-benchmark and assume a ceiling from the kind of adapter. */
  readonly ceiling?: DeviceCaps['ceiling'] | 'assume' | undefined;
}

export const subgroupMatrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/**
 * @throws WgconvError `no-webgpu` where the host has no WebGPU or no adapter
 * @throws DeviceLostError where the browser lost its GPU meanwhile
 */
export async function requestDevice(options: DeviceOptions): Promise<GPUDevice> {
  const gpu = await host.gpu();
  if (!gpu) {
    throw new WgconvError(
      'no-webgpu',
      'This browser has no WebGPU (navigator.gpu is missing: it needs a secure context, https or ' +
        "localhost, and a recent browser). Use { backend: 'cpu' } to run on the CPU.",
    );
  }
  if (DeviceLoss.hasLostOne) {
    const { requestAgain } = await import('./request-again.ts');
    return requestAgain(() => request(gpu, options));
  }
  const device = await request(gpu, options);
  if (device) return device;
  throw new WgconvError(
    'no-webgpu',
    'WebGPU is there, but it offers no adapter (no driver, a blocked one, or hardware acceleration is off). ' +
      "Use { backend: 'cpu' } to run on the CPU.",
  );
}

async function request(gpu: GPU, options: DeviceOptions): Promise<GPUDevice | undefined> {
  const { powerPreference } = options;
  const power = powerPreference ? { powerPreference } : {};
  const compatibility = { ...power, featureLevel: 'compatibility' } as GPURequestAdapterOptions;
  try {
    const adapter = (await gpu.requestAdapter(power)) ?? (await gpu.requestAdapter(compatibility));
    return await adapter?.requestDevice(wanted(adapter, options));
  } catch (error) {
    throw new DeviceLostError(String(error));
  }
}

function wanted(
  { features, limits }: GPUAdapter,
  { compatibilityLimits, experimentalSubgroupMatrix }: DeviceOptions,
): GPUDeviceDescriptor {
  if (compatibilityLimits) return {};
  const names: GPUFeatureName[] = ['shader-f16', 'subgroups' as GPUFeatureName, 'timestamp-query'];
  if (experimentalSubgroupMatrix) names.push(subgroupMatrixFeature);
  return {
    requiredFeatures: names.filter((feature) => features.has(feature)),
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
    },
  };
}
