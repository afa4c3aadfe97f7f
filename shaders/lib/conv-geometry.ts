/** Uniforms that the convolution kernels of group 1 share, and how they read their source. */

import type { FloatElement } from './epilogue.ts';
import type { Binding } from './kernel.ts';

/** How input 0 is stored: blocks of four channels, or dense planes of single channels. */
export type Source = 'c4' | 'linear';

/** Of a window over three spatial axes; fields as in `ConvGeometry`. */
export const windowUniforms = {
  kernelDepth: 'u32',
  kernelHeight: 'u32',
  kernelWidth: 'u32',
  strideZ: 'u32',
  strideY: 'u32',
  strideX: 'u32',
  dilationZ: 'u32',
  dilationY: 'u32',
  dilationX: 'u32',
  padFront: 'i32',
  padTop: 'i32',
  padLeft: 'i32',
} as const;

/** Spread into a kernel's `uniforms`; fields as in `ConvGeometry`. */
export const convUniforms = {
  inChannels: 'u32',
  inBlocks: 'u32',
  inDepth: 'u32',
  inHeight: 'u32',
  inWidth: 'u32',
  outBlocks: 'u32',
  outDepth: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  ...windowUniforms,
} as const;

/** Binding `source`: C4 as vec4, linear as scalars. */
export function sourceBinding(source: Source, element: FloatElement): Binding {
  const type = source === 'c4' ? `array<vec4<${element}>>` : `array<${element}>`;
  return { name: 'source', access: 'read', type };
}

/**
 * WGSL to walk over blocks of four channels without a bound: `blockAt(image, block, blocks, pixel,
 * pixels)` is the address of a block, `blockStep * pixels` the way to the next one, and
 * `readBlock(address, pixels)` its vec4. A linear source has a multiple of four channels: there is
 * no lane to mask.
 */
export function blockReader(source: Source): string {
  if (source === 'c4') {
    return `
const blockStep = 1u;
fn blockAt(image: u32, block: u32, blocks: u32, pixel: u32, pixels: u32) -> u32 {
  return c4Index(image, block, blocks, pixel, pixels);
}
fn readBlock(at: u32, pixels: u32) -> vec4<f32> {
  return vec4<f32>(source[at]);
}
`;
  }
  const lanes = [0, 1, 2, 3].map((lane) => `f32(source[at + ${lane}u * pixels])`);
  return `
const blockStep = 4u;
fn blockAt(image: u32, block: u32, blocks: u32, pixel: u32, pixels: u32) -> u32 {
  return c4Index(image, block, blocks, 0u, 4u * pixels) + pixel;
}
fn readBlock(at: u32, pixels: u32) -> vec4<f32> {
  return vec4<f32>(${lanes.join(', ')});
}
`;
}

/**
 * WGSL `sourceBlock(image, block, offset, valid)`: the four channels of a block at voxel `offset`
 * of an image; zero where the tap lies in the padding. An index out of range reads some element,
 * which is never used in arithmetic: it could be NaN.
 */
export function sourceBlock(source: Source): string {
  if (source === 'c4') {
    return `
fn sourceBlock(image: u32, block: u32, offset: u32, valid: bool) -> vec4<f32> {
  let index = c4Index(image, block, u.inBlocks, offset, u.inDepth * u.inHeight * u.inWidth);
  return select(vec4<f32>(0.0), vec4<f32>(source[index]), valid);
}
`;
  }
  const lane = (index: number): string =>
    `select(0.0, f32(source[first + ${index}u * plane]), valid & (channel + ${index}u < u.inChannels))`;
  return `
fn sourceBlock(image: u32, block: u32, offset: u32, valid: bool) -> vec4<f32> {
  let plane = u.inDepth * u.inHeight * u.inWidth;
  let channel = block * 4u;
  let first = (image * u.inChannels + channel) * plane + offset;
  return vec4<f32>(${[0, 1, 2, 3].map(lane).join(', ')});
}
`;
}

/** Turns of three loops over the taps of a kernel, each within the other. */
export function tapTurns(kernel: {
  readonly kernelDepth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}): number {
  const { kernelDepth, kernelHeight, kernelWidth } = kernel;
  return kernelDepth * (2 + kernelHeight * (2 + kernelWidth));
}
