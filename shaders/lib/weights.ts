/**
 * How kernels read packed weights: 4×4 blocks, a column of which holds one input channel's weights
 * for four output channels (see `pack_conv`).
 *
 * In a storage buffer a block is read as one matrix, with one bounds check instead of four. In a
 * texture its columns are four texels of a row. Adapters that run on a CPU load from storage
 * buffers lane by lane, though all lanes ask for one address; texels they fetch as vectors.
 */

import type { FloatElement } from './epilogue.ts';
import type { Binding } from './kernel.ts';

export const weightStorages = ['buffer', 'texture'] as const;

export type WeightStorage = (typeof weightStorages)[number];

/** Formats of textures of weights: a texel is one column of a block. */
export const weightFormats = { f32: 'rgba32float', f16: 'rgba16float' } as const;

export type WeightFormat = (typeof weightFormats)[keyof typeof weightFormats];

export const texelBytes: Readonly<Record<WeightFormat, number>> = {
  rgba32float: 16,
  rgba16float: 8,
};

/** Texels of a row; rows follow one another. A power of two. */
export const texelsPerRow = 2048;

/** So many bytes are at most 4096 rows, which every device allows. */
export const mostTextureBytes = 2 ** 26;

/** Width and height of a texture for so many bytes: its rows are whole copies, 256 bytes each. */
export function textureSize(bytes: number, format: WeightFormat): [number, number] {
  const texels = bytes / texelBytes[format];
  return [Math.min(Math.ceil(texels / 32) * 32, texelsPerRow), Math.ceil(texels / texelsPerRow)];
}

/** Bytes of such a texture, the rest of its last row included. */
export function textureBytes(bytes: number, format: WeightFormat): number {
  const [width, height] = textureSize(bytes, format);
  return width * height * texelBytes[format];
}

/** Binding `weights`. */
export function weightsBinding(element: FloatElement, storage: WeightStorage = 'buffer'): Binding {
  if (storage === 'texture') return { name: 'weights', access: 'texture', type: 'texture_2d<f32>' };
  return { name: 'weights', access: 'read', type: `array<mat4x4<${element}>>` };
}

/** WGSL: what the expression below calls. */
export function weightReader(storage: WeightStorage): string {
  if (storage === 'buffer') return '';
  const columns = [0, 1, 2, 3].map((i) => `textureLoad(weights, at + vec2<u32>(${i}u, 0u), 0)`);
  return `
fn weightBlock(index: u32) -> mat4x4<f32> {
  let at = vec2<u32>(index * 4u % ${texelsPerRow}u, index * 4u / ${texelsPerRow}u);
  return mat4x4<f32>(${columns.join()});
}
`;
}

/** WGSL expression: the block at this index, as a matrix of the buffer's elements or of f32. */
export function weightBlock(storage: WeightStorage, index: string): string {
  return storage === 'buffer' ? `weights[${index}]` : `weightBlock(${index})`;
}
