/** Pipelines by their WGSL text: compiled once per device, asynchronously and in parallel. */

import {
  type Binding,
  bindingsOf,
  type Kernel,
  shaderSource,
  type Variant,
} from '../../shaders/lib/kernel.ts';
import { WgconvError } from '../core/errors.ts';

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<CompiledKernel>>();
  readonly #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of distinct pipelines asked for so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * @param writable bindings to declare for writing though they are only read
   * @throws WgconvError `shader-error` with the kernel's name and the compiler's words.
   */
  get(kernel: Kernel, variant: Variant, writable?: readonly number[]): Promise<CompiledKernel> {
    const source = shaderSource(kernel, variant, writable);
    let compiled = this.#pipelines.get(source);
    if (!compiled) {
      compiled = this.#compile(kernel, variant, source, writable);
      this.#pipelines.set(source, compiled);
    }
    return compiled;
  }

  async #compile(
    kernel: Kernel,
    variant: Variant,
    source: string,
    writable: readonly number[] | undefined,
  ): Promise<CompiledKernel> {
    const device = this.#device;
    const label = `${kernel.name} ${JSON.stringify(variant)}`;
    const { group, pipeline: layout } = this.#layout(bindingsOf(kernel, variant, writable));
    const module = device.createShaderModule({ label, code: source });
    try {
      const pipeline = await device.createComputePipelineAsync({
        label,
        layout,
        compute: { module, entryPoint: 'main' },
      });
      return { pipeline, layout: group };
    } catch (cause) {
      const info = await module.getCompilationInfo().catch(() => undefined);
      const messages = (info?.messages ?? [])
        .map(({ lineNum, message }) => `line ${lineNum}: ${message}`)
        .join('; ');
      throw new WgconvError(
        'shader-error',
        `The shader ${label} does not compile on this device: ${messages || String(cause)}`,
        { cause, data: { source } },
      );
    }
  }

  /** Explicit layouts, shared by all kernels whose bindings have the same access modes. */
  #layout(bindings: readonly Binding[]) {
    const access = bindings.map((binding) => binding.access);
    const key = access.join();
    let found = this.#layouts.get(key);
    if (!found) {
      const group = this.#device.createBindGroupLayout({
        label: key,
        entries: [
          { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } },
          ...access.map((mode, index) => ({
            binding: index + 1,
            visibility: GPUShaderStage.COMPUTE,
            ...resourceOf[mode],
          })),
        ],
      });
      found = { group, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.#layouts.set(key, found);
    }
    return found;
  }
}

/** What a layout says of a binding. */
const resourceOf: Readonly<Record<Binding['access'], Partial<GPUBindGroupLayoutEntry>>> = {
  read: { buffer: { type: 'read-only-storage' } },
  read_write: { buffer: { type: 'storage' } },
  texture: { texture: { sampleType: 'unfilterable-float' } },
};
