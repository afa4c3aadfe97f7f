/**
 * Index arithmetic of the layouts, the only place that knows it.
 *
 * C4: `[N, ceil(C/4), H, W]` of vec4, blocks of four channels, planar; lanes past the last
 * channel are zero. Linear: dense, row-major.
 */

/** Channel blocks of a C4 tensor. */
export function channelBlocks(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Elements (scalars, padding lanes included) that a tensor of NCHW `dims` takes in C4. */
export function c4Elements(dims: readonly number[]): number {
  const [batch = 1, channels = 1, ...spatial] = dims;
  return batch * channelBlocks(channels) * 4 * spatial.reduce((product, dim) => product * dim, 1);
}

/** WGSL helpers over C4: vec4 address, and the mask that keeps unused lanes at zero. */
export const c4Functions = `
fn c4Index(image: u32, block: u32, blocks: u32, pixel: u32, pixels: u32) -> u32 {
  return (image * blocks + block) * pixels + pixel;
}
fn maskLanes(value: vec4<f32>, block: u32, channels: u32) -> vec4<f32> {
  let lane = vec4<u32>(0u, 1u, 2u, 3u) + block * 4u;
  return select(vec4<f32>(0.0), value, lane < vec4<u32>(channels));
}
`;
