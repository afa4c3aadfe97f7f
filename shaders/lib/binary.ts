/**
 * The table of functions of two operands. A row gives the WGSL over `a` and `b` (vec4 of the type
 * that the key names); results of integers are wrapped to the model's type. What the functions
 * compute is in `src/ops/pointwise/binary-definitions.ts` under the same names.
 */

import { wgsl } from './preprocessor.ts';

export interface BinaryFunction {
  readonly name: string;
  readonly f32?: string;
  readonly i32?: string;
  readonly u32?: string;
  /** Comparisons give bool. */
  readonly result?: 'bool';
  /** A fused activation may follow. */
  readonly epilogue?: boolean;
  /** Function of `binaryHelpers` that the float expression calls. */
  readonly needs?: 'power' | 'remainder';
}

const notNan = '!isNan4(a) & !isNan4(b)';

/** Comparisons with NaN are false, whatever the compiler assumes. */
function comparison<Name extends string>(name: Name, operator: string) {
  return {
    name,
    f32: `(a ${operator} b) & ${notNan}`,
    i32: `a ${operator} b`,
    u32: `a ${operator} b`,
    result: 'bool',
  } as const;
}

function arithmetic<Name extends string>(name: Name, operator: string) {
  const expression = `a ${operator} b`;
  return { name, f32: expression, i32: expression, u32: expression, epilogue: true } as const;
}

const keepNan = (expression: string): string =>
  `select(select(${expression}, a, isNan4(a)), b, isNan4(b))`;

const rows = [
  arithmetic('add', '+'),
  arithmetic('sub', '-'),
  arithmetic('mul', '*'),
  {
    // Integers truncate; a division by zero gives 0 (as numpy's does; ONNX leaves it open).
    name: 'div',
    f32: 'a / b',
    i32: 'select(a / b, vec4<i32>(), b == vec4<i32>())',
    u32: 'select(a / b, vec4<u32>(), b == vec4<u32>())',
    epilogue: true,
  },
  // The last step of a mean of `u.divisor` operands.
  { name: 'mean', f32: '(a + b) / u.divisor' },
  { name: 'max', f32: keepNan('max(a, b)'), i32: 'max(a, b)', u32: 'max(a, b)' },
  { name: 'min', f32: keepNan('min(a, b)'), i32: 'min(a, b)', u32: 'min(a, b)' },
  {
    // Of an integer base: b is i32 or, where the exponent is a float, f32 (overloads below).
    name: 'pow',
    f32: 'power(a, b)',
    i32: 'integerPower(a, b)',
    u32: 'integerPower(a, b)',
    needs: 'power',
  },
  // Python's %: the sign of the divisor. By zero: 0, as numpy.
  { name: 'mod', i32: 'flooredRemainder(a, b)', u32: 'a % b' },
  // C's fmod: the sign of the dividend.
  { name: 'fmod', f32: 'remainder(a, b)', i32: 'a % b', u32: 'a % b', needs: 'remainder' },
  {
    name: 'prelu',
    f32: 'select(select(a, a * b, a < vec4<f32>()), a, isNan4(a))',
    i32: 'select(a, a * b, a < vec4<i32>())',
    u32: 'a',
  },
  comparison('equal', '=='),
  comparison('less', '<'),
  comparison('greater', '>'),
  comparison('lessorequal', '<='),
  comparison('greaterorequal', '>='),
  // Logical for bool (0 or 1), bitwise for integers.
  { name: 'and', i32: 'a & b', u32: 'a & b' },
  { name: 'or', i32: 'a | b', u32: 'a | b' },
  { name: 'xor', i32: 'a ^ b', u32: 'a ^ b' },
  // WGSL takes the shift modulo 32; a shift by the width or more leaves nothing.
  {
    name: 'shiftleft',
    u32: 'select(a << (b & vec4<u32>(31u)), vec4<u32>(), b > vec4<u32>(31u))',
  },
  {
    name: 'shiftright',
    u32: 'select(a >> (b & vec4<u32>(31u)), vec4<u32>(), b > vec4<u32>(31u))',
  },
] as const satisfies readonly BinaryFunction[];

export type BinaryName = (typeof rows)[number]['name'];

export const binaryFunctions: ReadonlyMap<string, BinaryFunction> = new Map(
  rows.map((row) => [row.name, row]),
);

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
