/** A GPU device in Node that validates everything and computes nothing: Dawn's null backend. */
import { create, globals } from 'webgpu';

/** Dawn stops working once the object that `create` gives is collected. */
let gpu: GPU | undefined;

/** A device with every feature and limit of the null adapter; shaders get Tint's full validation. */
export async function nullDevice(): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  gpu ??= create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('Dawn gives no null adapter');
  return adapter.requestDevice({
    requiredFeatures: [...adapter.features] as GPUFeatureName[],
  });
}

/** The errors that Tint finds in the shader, each with its line. */
export async function shaderErrors(device: GPUDevice, code: string): Promise<string[]> {
  device.pushErrorScope('validation');
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  await device.popErrorScope();
  return messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
}
