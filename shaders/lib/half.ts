/**
 * WGSL `toHalf(vec4<f32>) -> vec4<f32>`: rounds to the nearest float16, ties to even. WGSL's own
 * conversion may round either way. Numbers from 65520 become infinity, made from a value that the
 * compiler cannot know.
 */
export const toHalf = `
fn toHalf(x: vec4<f32>) -> vec4<f32> {
  let word = bitcast<vec4<u32>>(x);
  let magnitude = word & vec4<u32>(0x7fffffffu);
  let sign = word & vec4<u32>(0x80000000u);
  // Eleven significant bits, the carry going up into the exponent where it must.
  let odd = (magnitude >> vec4<u32>(13u)) & vec4<u32>(1u);
  var rounded = (magnitude + vec4<u32>(0xfffu) + odd) & vec4<u32>(0xffffe000u);
  // Below 2^-14 the grid is even: steps of 2^-24.
  let small = round(bitcast<vec4<f32>>(magnitude) * 16777216.0) / 16777216.0;
  rounded = select(rounded, bitcast<vec4<u32>>(small), magnitude < vec4<u32>(0x38800000u));
  rounded = select(rounded, vec4<u32>(0x7f800000u), rounded >= vec4<u32>(0x47800000u));
  rounded = select(rounded, magnitude, magnitude > vec4<u32>(0x7f800000u));
  return bitcast<vec4<f32>>(rounded | sign);
}
`;
