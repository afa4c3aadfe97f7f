/**
 * The table of functions of two operands. A row gives the WGSL over `a` and `b` (vec4 of the type
 * that the key names); results of integers are wrapped to the model's type. What the functions
 * compute is in `src/ops/pointwise/binary-definitions.ts` under the same names.
 */

export interface BinaryFunction {
  readonly name: string;
  readonly f32?: string;
  readonly i32?: string;
  readonly u32?: string;
  /** Comparisons give bool. */
  readonly result?: 'bool';
  /** A fused activation may follow. */
  readonly epilogue?: boolean;
  /** Function of `./binary-helpers.ts` that the float expression calls. */
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
