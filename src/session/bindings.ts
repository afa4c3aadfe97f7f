/**
 * The bind groups of a plan. A run whose input or output is a buffer shared with the caller binds
 * that buffer where the plan has its own, so that nothing is copied; such a group is made once and
 * kept as long as its buffer.
 */

import { uniformBytes } from '../../shaders/lib/kernel.ts';
import { internal } from '../core/errors.ts';
import { createUniforms, destroy } from '../gpu/memory.ts';
import type { CompiledKernel } from '../gpu/pipelines.ts';
import type { BufferRef, Plan, Step } from '../plan/plan.ts';
import type { ReadyDispatch } from './recorder.ts';
import { isTexture, type WeightStore } from './weights.ts';

type DispatchStep = Extract<Step, { kind: 'dispatch' }>;

/** Buffers that a run binds in place of the plan's, by the name of the graph input or output. */
export type Substitutes = ReadonlyMap<string, GPUBuffer>;

/** Groups kept for one buffer, where the buffers beside it change. */
const mostKept = 4;

interface Bound {
  readonly compiled: CompiledKernel;
  readonly step: DispatchStep;
  readonly ready: ReadyDispatch;
  /** Graph inputs and outputs among its buffers. */
  readonly boundary: readonly string[];
  /** By the first buffer that replaces one; then by all of them. */
  readonly others: WeakMap<GPUBuffer, [readonly (GPUBuffer | undefined)[], ReadyDispatch][]>;
}

export class Bindings {
  readonly #device: GPUDevice;
  readonly #plan: Plan;
  readonly #weights: WeightStore;
  readonly #compiled: readonly (CompiledKernel | undefined)[];
  #uniforms: GPUBuffer | undefined;
  #pool: readonly GPUBuffer[] | undefined;
  /** By step; undefined where a step is no dispatch. */
  #bound: readonly (Bound | undefined)[] = [];

  constructor(
    device: GPUDevice,
    plan: Plan,
    weights: WeightStore,
    compiled: readonly (CompiledKernel | undefined)[],
  ) {
    this.#device = device;
    this.#plan = plan;
    this.#weights = weights;
    this.#compiled = compiled;
  }

  /** From here on the activations are in these buffers. Groups are made where they are other ones. */
  use(pool: readonly GPUBuffer[]): void {
    if (pool === this.#pool) return;
    this.#pool = pool;
    this.#uniforms ??= createUniforms(this.#device, this.#plan.uniforms);
    this.#bound = this.#plan.steps.map((step, index) => {
      const kernel = this.#compiled[index];
      if (step.kind !== 'dispatch' || !kernel) return undefined;
      return {
        ...{ compiled: kernel, step, ready: this.#bind(kernel, step), others: new WeakMap() },
        boundary: step.buffers.flatMap((ref) => boundaryOf(ref) ?? []),
      };
    });
  }

  /** The dispatch of a step, with the plan's own buffers but for the substitutes. */
  ready(step: number, substitutes: Substitutes): ReadyDispatch {
    const bound = this.#bound[step];
    if (!bound) throw internal(`step ${step} has no pipeline`);
    const { boundary, others, compiled } = bound;
    if (substitutes.size === 0 || boundary.length === 0) return bound.ready;
    const buffers = boundary.map((name) => substitutes.get(name));
    const first = buffers.find((buffer) => buffer !== undefined);
    if (!first) return bound.ready;
    const known = others.get(first) ?? [];
    for (const [theirs, ready] of known) {
      if (buffers.every((buffer, index) => buffer === theirs[index])) return ready;
    }
    const ready = this.#bind(compiled, bound.step, substitutes);
    others.set(first, [...known.slice(1 - mostKept), [buffers, ready]]);
    return ready;
  }

  rangeOf(ref: BufferRef): GPUBufferBinding {
    if (ref.kind === 'weight') {
      const buffer = this.#weights.get(ref.key) as GPUBuffer;
      return ref.bytes === undefined
        ? { buffer }
        : { buffer, offset: ref.offset ?? 0, size: ref.bytes };
    }
    return { buffer: this.#pool?.[ref.index] as GPUBuffer, offset: ref.offset, size: ref.bytes };
  }

  dispose(): void {
    if (this.#uniforms) destroy(this.#uniforms);
  }

  #bind(
    { pipeline, layout }: CompiledKernel,
    step: DispatchStep,
    substitutes?: Substitutes,
  ): ReadyDispatch {
    const uniforms = {
      buffer: this.#uniforms as GPUBuffer,
      offset: step.uniformOffset,
      size: uniformBytes(step.dispatch.kernel.uniforms),
    };
    const storage = step.buffers.map((ref) => {
      const weight = ref.kind === 'weight' && this.#weights.get(ref.key);
      if (weight && isTexture(weight)) return weight.createView();
      const buffer = substitutes?.get(boundaryOf(ref) ?? '');
      if (!buffer || ref.kind !== 'pool' || !ref.boundary) return this.rangeOf(ref);
      return { buffer, offset: ref.boundary.offset, size: ref.bytes };
    });
    const entries = [uniforms, ...storage].map((resource, binding) => ({ binding, resource }));
    // WebGPU says it when it refuses the group.
    const { op, name } = this.#plan.graph.nodes[step.node] ?? {};
    const label = `${op} "${name}", ${step.dispatch.kernel.name}`;
    return { pipeline, group: this.#device.createBindGroup({ label, layout, entries }) };
  }
}

function boundaryOf(ref: BufferRef): string | undefined {
  return ref.kind === 'pool' ? ref.boundary?.name : undefined;
}
