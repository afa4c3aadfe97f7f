/**
 * The kernel contract: what a file in `shaders/` exports, and how a variant becomes WGSL text.
 * A kernel's uniforms and bindings are declared once, as data; the struct, the bindings and the
 * explicit bind group layout all follow from that declaration.
 */

/** What a shader enables that not every device has. */
export type ShaderFeature = 'subgroups' | 'chromium_experimental_subgroup_matrix';

/** Element type of a variant: f16 is storage only, sums are always f32. */
export type Element = 'f32' | 'f16' | 'i32' | 'u32';

export type UniformType = 'u32' | 'i32' | 'f32' | 'vec4u' | 'vec4i' | 'vec4f';

/** Uniform fields in declaration order. */
export type UniformLayout = Readonly<Record<string, UniformType>>;

type UniformValue<T extends UniformType> = T extends `vec4${string}`
  ? readonly [number, number, number, number]
  : number;

export type UniformValues<U extends UniformLayout> = {
  readonly [Field in keyof U]: UniformValue<U[Field]>;
};

/** One storage buffer of a kernel, a texture, or a frame of a video, at `@binding(1 + position)`. */
export interface Binding {
  readonly name: string;
  readonly access: 'read' | 'read_write' | 'texture' | 'external';
  /** WGSL type of the whole binding, for example `array<vec4<f32>>`. */
  readonly type: string;
}

/** Plain data that tells one variant from another; its JSON is its identity. */
export type Variant = Readonly<Record<string, string | number | boolean>>;

export interface Kernel<V extends Variant = Variant, U extends UniformLayout = UniformLayout> {
  /** Snake case, the name of its file. */
  readonly name: string;
  /** Every variant that `lower()` may ask for; all of them are validated by a unit test. */
  variants(): readonly V[];
  readonly uniforms: U;
  bindings(variant: V): readonly Binding[];
  workgroupSize(variant: V): readonly [number, number, number];
  /** Bytes of `var<workgroup>` memory; left out where a kernel uses none. */
  workgroupBytes?(variant: V): number;
  /** Language features to enable, besides `f16`, which the bindings tell. */
  features?(variant: V): readonly ShaderFeature[];
  /**
   * How often the loops of one invocation turn at most, all of them together and one more for each
   * time that one is entered; left out where no size decides. Some adapters end loops silently
   * beyond `caps.limits.loopIterations`, and a dispatch over it is no candidate there.
   */
  iterations?(variant: V, uniforms: UniformValues<U>): number;
  /**
   * Everything below the generated declarations (`u` is the uniform block; the bindings go by
   * their names): functions and `@compute` entry point `main`. A pure function of the variant.
   */
  wgsl(variant: V): string;
}

/** Which buffer a dispatch binds: by its role in the node that is lowered. */
export type BufferRole =
  | {
      readonly role: 'input';
      readonly index: number;
      /** Bytes of it that are bound, from a multiple of 256 on; all of them where left out. */
      readonly range?: { readonly offset: number; readonly bytes: number };
    }
  | { readonly role: 'output'; readonly index: number }
  | { readonly role: 'scratch'; readonly index: number }
  /** A weight packed once per session; index into the candidate's packings. */
  | { readonly role: 'packed'; readonly index: number };

/** One dispatch as plain data. */
export interface Dispatch {
  readonly kernel: Kernel;
  readonly variant: Variant;
  readonly uniforms: Readonly<Record<string, number | readonly number[]>>;
  /** One for each binding of the kernel's variant, in order. */
  readonly buffers: readonly BufferRole[];
  readonly workgroups: readonly [number, number, number];
}

/** Declares a kernel; only gives TypeScript the types to check. */
export function defineKernel<V extends Variant, U extends UniformLayout>(
  kernel: Kernel<V, U>,
): Kernel<V, U> {
  return kernel;
}

/** A checked dispatch of a kernel's variant. */
export function dispatch<V extends Variant, U extends UniformLayout>(
  kernel: Kernel<V, U>,
  variant: V,
  uniforms: UniformValues<U>,
  buffers: readonly BufferRole[],
  workgroups: readonly [number, number, number],
): Dispatch {
  return {
    kernel: kernel as unknown as Kernel,
    variant,
    uniforms: uniforms as Dispatch['uniforms'],
    buffers,
    workgroups,
  };
}

export const input = (index: number): BufferRole => ({ role: 'input', index });
export const output = (index: number): BufferRole => ({ role: 'output', index });
export const scratch = (index: number): BufferRole => ({ role: 'scratch', index });
export const packed = (index: number): BufferRole => ({ role: 'packed', index });

const wgslTypes: Readonly<Record<UniformType, string>> = {
  u32: 'u32',
  i32: 'i32',
  f32: 'f32',
  vec4u: 'vec4<u32>',
  vec4i: 'vec4<i32>',
  vec4f: 'vec4<f32>',
};

/**
 * A kernel's bindings, those at the indices `writable` declared for writing though they are only
 * read: WebGPU lets a dispatch read and write one buffer only where all of it is bound so.
 */
export function bindingsOf(
  kernel: Kernel,
  variant: Variant,
  writable: readonly number[] = [],
): readonly Binding[] {
  return kernel
    .bindings(variant)
    .map((binding, index) =>
      binding.access === 'read' && writable.includes(index)
        ? { ...binding, access: 'read_write' }
        : binding,
    );
}

/** The whole shader module of a variant. */
export function shaderSource(
  kernel: Kernel,
  variant: Variant,
  writable?: readonly number[],
): string {
  const bindings = bindingsOf(kernel, variant, writable);
  const fields = Object.entries(kernel.uniforms);
  const lines: string[] = [];
  if (bindings.some((binding) => binding.type.includes('f16'))) lines.push('enable f16;');
  lines.push(...(kernel.features?.(variant) ?? []).map((feature) => `enable ${feature};`));
  lines.push(
    'struct Uniforms {',
    ...fields.map(([name, type]) => `  ${name}: ${wgslTypes[type]},`),
    '}',
    '@group(0) @binding(0) var<uniform> u: Uniforms;',
    ...bindings.map(
      ({ name, access, type }, index) =>
        `@group(0) @binding(${index + 1}) var${access.startsWith('read') ? `<storage, ${access}>` : ''} ${name}: ${type};`,
    ),
  );
  const [x, y, z] = kernel.workgroupSize(variant);
  lines.push(`const workgroupX = ${x}u;`, `const workgroupY = ${y}u;`, `const workgroupZ = ${z}u;`);
  return `${lines.join('\n')}\n${kernel.wgsl(variant).trim()}\n`;
}

/** Bytes of the uniform block (WGSL's uniform address space rules for scalars and vec4). */
export function uniformBytes(layout: UniformLayout): number {
  let offset = 0;
  for (const type of Object.values(layout)) offset = fieldEnd(offset, type);
  return align(Math.max(offset, 4), 16);
}

/** Writes uniform values at `offset` of a block. */
export function writeUniforms(
  layout: UniformLayout,
  values: Readonly<Record<string, number | readonly number[]>>,
  target: DataView,
  offset = 0,
): void {
  let position = 0;
  for (const [name, type] of Object.entries(layout)) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`uniform "${name}" has no value`);
    const end = fieldEnd(position, type);
    const numbers = typeof value === 'number' ? [value] : value;
    const start = end - numbers.length * 4;
    numbers.forEach((number, index) => {
      const at = offset + start + index * 4;
      if (type.endsWith('f') || type === 'f32') target.setFloat32(at, number, true);
      else if (type === 'i32' || type === 'vec4i') target.setInt32(at, number, true);
      else target.setUint32(at, number, true);
    });
    position = end;
  }
}

function fieldEnd(offset: number, type: UniformType): number {
  const bytes = type.startsWith('vec4') ? 16 : 4;
  return align(offset, bytes) + bytes;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** WebGPU's limit of workgroups in one dimension of a dispatch. */
export const maxWorkgroupsPerDimension = 65535;

/**
 * Workgroups for `count` independent ones along one axis: folded into y where they are more than
 * one dimension takes. Shaders get the flat index back from `flatWorkgroup`.
 */
export function foldWorkgroups(count: number): [number, number, number] {
  if (count <= maxWorkgroupsPerDimension) return [Math.max(count, 1), 1, 1];
  const rows = Math.ceil(count / maxWorkgroupsPerDimension);
  return [Math.ceil(count / rows), rows, 1];
}

/**
 * WGSL: the entry point, up to its body, of kernels that are dispatched with `foldWorkgroups`: the
 * body asks `flatWorkgroup(workgroup, counts)` which workgroup it is, and `local` which invocation.
 */
export const flatMain = `
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
)`;

/** WGSL: flat workgroup and invocation index of a dispatch made with `foldWorkgroups`. */
export const flatIndex = `
fn flatWorkgroup(workgroup: vec3<u32>, counts: vec3<u32>) -> u32 {
  return workgroup.x + workgroup.y * counts.x;
}
`;
