/** WGSL functions that rows of the table of binary functions call: only their kernel needs them. */

import type { BinaryFunction } from './binary.ts';
import { wgsl } from './preprocessor.ts';

/** WGSL that rows call, by the computing type of a (and of b, for powers of integers). */
export function binaryHelpers(row: BinaryFunction, a: string, b: string): string {
  if (a === 'f32')
    return row.needs === 'power' ? floatPower : row.needs === 'remainder' ? floatRemainder : '';
  if (row.name === 'mod' && a === 'i32') return flooredRemainder;
  if (row.name !== 'pow') return '';
  return `${integerPowerOf(a)}${b === 'f32' ? `${floatPower}${mixedPowerOf(a)}` : ''}`;
}

/**
 * Integers up to 255 by repeated squaring, which is exact where the result is; everything else as
 * exp2(b log2 |a|), with the sign of a for odd b, and NaN for a negative base and a fraction.
 */
const floatPower = wgsl`
fn power(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  let one = vec4<f32>(1.0);
  let zero = vec4<f32>();
  let size = abs(b);
  let whole = trunc(b) == b;
  let odd = whole & (size - 2.0 * floor(size * 0.5) == one);
  // Of infinity and of powers that overflow, exp2 and log2 make the right thing.
  let infinity = vec4<f32>(bitcast<f32>(u.infinityBits));
  let magnitude = exp2(b * log2(abs(a)));
  var y = select(magnitude, -magnitude, (a < zero) & odd);
  y = select(y, vec4<f32>(bitcast<f32>(u.nanBits)), (a < zero) & !whole & (a != -infinity) & (size != infinity));
  let ofZero = select(zero, infinity, b < zero);
  y = select(y, select(ofZero, ofZero * signOf(a), odd), a == zero);
  let small = whole & (size <= vec4<f32>(255.0)) & (abs(a) < infinity);
  if (any(small)) {
    var rest = vec4<u32>(min(size, vec4<f32>(255.0)));
    var square = a;
    var product = one;
    while (any(rest != vec4<u32>())) {
      product *= select(one, square, (rest & vec4<u32>(1u)) != vec4<u32>());
      rest >>= vec4<u32>(1u);
      square *= select(one, square, rest != vec4<u32>());
    }
    product = select(product, one / product, b < zero);
    y = select(y, product, small & (a != zero));
  }
  y = select(y, a, isNan4(a));
  y = select(y, b, isNan4(b));
  // 1 to any power and any number to the 0 are 1, NaN included (C, annex F.10.4.4).
  let always = ((a == one) & !isNan4(a)) | ((b == zero) & !isNan4(b));
  return select(y, one, always | ((abs(a) == one) & (size == infinity)));
}
fn signOf(a: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(1.0), vec4<f32>(-1.0), (bitcast<vec4<u32>>(a) >> vec4<u32>(31u)) == vec4<u32>(1u));
}
`;

/** a - b trunc(a / b), the quotient corrected where its rounding crossed an integer. */
const floatRemainder = wgsl`
fn remainder(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  let x = abs(a);
  let y = abs(b);
  let infinity = vec4<f32>(bitcast<f32>(u.infinityBits));
  var r = fma(-trunc(x / y), y, x);
  r = select(r, r + y, r < vec4<f32>());
  r = select(r, r - y, r >= y);
  r = select(r, x, x < y);
  r = select(r, vec4<f32>(bitcast<f32>(u.nanBits)), (x == infinity) | (y == vec4<f32>()));
  r = select(r, -r, a < vec4<f32>());
  return select(select(r, a, isNan4(a)), b, isNan4(b));
}
`;

const flooredRemainder = wgsl`
fn flooredRemainder(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  let r = a % b;
  return select(r, r + b, (r != vec4<i32>()) & ((r ^ b) < vec4<i32>()));
}
`;

const integerPowerOf = (type: string): string => wgsl`
fn integerPower(a: vec4<${type}>, b: vec4<i32>) -> vec4<${type}> {
  let one = vec4<${type}>(1);
  var rest = vec4<u32>(max(b, vec4<i32>()));
  var square = a;
  var product = one;
  while (any(rest != vec4<u32>())) {
    product *= select(one, square, (rest & vec4<u32>(1u)) != vec4<u32>());
    square *= square;
    rest >>= vec4<u32>(1u);
  }
  // Negative exponents leave only the powers of 1 and -1.
  let minusOne = vec4<${type}>() - one;
#if ${type === 'i32'}
  let ofMinusOne = select(one, minusOne, (b & vec4<i32>(1)) != vec4<i32>());
  let inverse = select(select(vec4<${type}>(), one, a == one), ofMinusOne, a == minusOne);
#else
  let inverse = select(vec4<${type}>(), one, a == one);
#endif
  return select(product, inverse, b < vec4<i32>());
}
`;

const mixedPowerOf = (type: string): string => wgsl`
fn mixedPower(a: vec4<${type}>, b: vec4<f32>) -> vec4<${type}> {
  return select(vec4<${type}>(power(vec4<f32>(a), b)), integerPower(a, vec4<i32>(b)), trunc(b) == b);
}
`;
