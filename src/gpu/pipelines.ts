/** Pipelines by their WGSL text: compiled once per device, asynchronously and in parallel. */

import {
  type Binding,
  bindingsOf,
  type Kernel,
  shaderSource,
  type Variant,
} from '../../shaders/lib/kernel.ts';
import { WgconvError } from '../core/errors.ts';
import { DeviceLoss } from './loss.ts';

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<CompiledKernel>>();
  readonly #sources = new WeakMap<Kernel, Map<string, string>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of distinct pipelines asked for so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * @param writable bindings to declare for writing though they are only read
   * @throws WgconvError `shader-error` with the kernel's name and the compiler's words
   * @throws DeviceLostError
   */
  get(kernel: Kernel, variant: Variant, writable?: readonly number[]): Promise<CompiledKernel> {
    const source = this.#source(kernel, variant, writable);
    let compiled = this.#pipelines.get(source);
    if (!compiled) {
      compiled = this.#compile(kernel, variant, source, writable);
      this.#pipelines.set(source, compiled);
    }
    return compiled;
  }

  /** Each text is made once: a network asks for a few of them very often. */
  #source(kernel: Kernel, variant: Variant, writable: readonly number[] | undefined): string {
    const known = this.#sources.get(kernel) ?? new Map<string, string>();
    this.#sources.set(kernel, known);
    const key = JSON.stringify([variant, writable]);
    const source = known.get(key) ?? shaderSource(kernel, variant, writable);
    known.set(key, source);
    return source;
  }

  async #compile(
    kernel: Kernel,
    variant: Variant,
    source: string,
    writable: readonly number[] | undefined,
  ): Promise<CompiledKernel> {
    const device = this.#device;
    const label = `${kernel.name} ${JSON.stringify(variant)}`;
    const layout = this.#layout(bindingsOf(kernel, variant, writable));
    const module = device.createShaderModule({ label, code: source });
    const loss = DeviceLoss.of(device);
    try {
      const pipeline = await loss.race(
        device.createComputePipelineAsync({
          label,
          // One for each pipeline: where two share it, wgpu (Firefox, Deno) holds the bindings of the
          // second against the sizes that the first needs (gfx-rs/wgpu#7359).
          layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
          compute: { module, entryPoint: 'main' },
        }),
      );
      return { pipeline, layout };
    } catch (cause) {
      const info = await loss.race(module.getCompilationInfo()).catch(() => undefined);
      loss.throwIfLost();
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
  #layout(bindings: readonly Binding[]): GPUBindGroupLayout {
    const access = bindings.map((binding) => binding.access);
    const key = access.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.#device.createBindGroupLayout({
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
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** What a layout says of a binding. */
const resourceOf: Readonly<Record<Binding['access'], Partial<GPUBindGroupLayoutEntry>>> = {
  read: { buffer: { type: 'read-only-storage' } },
  read_write: { buffer: { type: 'storage' } },
  texture: { texture: { sampleType: 'unfilterable-float' } },
  external: { externalTexture: {} },
};
