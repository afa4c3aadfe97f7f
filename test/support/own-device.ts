/** A GPU device that belongs to a test. */
export async function ownDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter({ featureLevel: 'compatibility' });
  if (!adapter) throw new Error('no adapter');
  return adapter.requestDevice();
}
