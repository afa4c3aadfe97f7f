/** Dimensions as operators infer them: exact with numbers, best effort with symbols. */

import { isFloat } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { type Dim, formatDims, multiplyDims } from '../core/shape.ts';
import { integersOf } from '../core/tensor.ts';
import type { HostValues } from './operator.ts';

/** The integers of an input that is known on the host, else undefined. */
export function integersAt(known: HostValues, index: number): number[] | undefined {
  const tensor = known(index);
  if (tensor && isFloat(tensor.type)) {
    throw new WgconvError('wrong-type', `input ${index} must be integers, not ${tensor.type}`);
  }
  return tensor && integersOf(tensor);
}

export function invalidShape(message: string, data?: Readonly<Record<string, unknown>>): never {
  throw new WgconvError('invalid-shape', message, { data });
}

/** Not even the rank of the output follows: the values of `input` must be known before a run. */
export function unknownRank(operator: string, input: string): never {
  invalidShape(`the output's rank is not known: ${input} of ${operator} must be a constant`);
}

/** Names for dimensions of which nothing is known; the same source gives the same names. */
export function unknownDims(source: string, rank: number): Dim[] {
  return Array.from({ length: rank }, (_, axis) => `${source}[${axis}]`);
}

/** Sum of dimensions, symbolic where one of them is: `(N+3)`. */
export function addDims(dims: readonly Dim[]): Dim {
  const size = dims.reduce<number>((sum, dim) => sum + (typeof dim === 'number' ? dim : 0), 0);
  const symbols = dims.filter((dim) => typeof dim === 'string');
  if (symbols.length === 0) return size;
  if (symbols.length === 1 && size === 0) return symbols[0] as Dim;
  return `(${[...symbols, ...(size === 0 ? [] : [size])].join('+').replaceAll('+-', '-')})`;
}

/** The factors of a symbol that `multiplyDims` made; parentheses stay whole. */
function factorsOf(dim: Dim): Dim[] {
  if (typeof dim === 'number') return [dim];
  const factors: string[] = [''];
  let depth = 0;
  for (const character of dim) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === '*' && depth === 0) factors.push('');
    else factors[factors.length - 1] += character;
  }
  return factors.map((factor) => (/^\d+$/.test(factor) ? Number(factor) : factor));
}

/**
 * Product of `numerator` over product of `denominator`; undefined where numbers do not divide.
 * Symbols on both sides cancel.
 */
export function divideDims(
  numerator: readonly Dim[],
  denominator: readonly Dim[],
): Dim | undefined {
  const above = numerator.flatMap(factorsOf);
  const below: Dim[] = [];
  for (const factor of denominator.flatMap(factorsOf)) {
    const same = typeof factor === 'string' ? above.indexOf(factor) : -1;
    if (same >= 0) above.splice(same, 1);
    else below.push(factor);
  }
  const top = multiplyDims(above);
  const bottom = multiplyDims(below);
  if (bottom === 1) return top;
  if (typeof bottom === 'string') return `(${top}/${bottom})`;
  const numbers = multiplyDims(above.filter((factor) => typeof factor === 'number')) as number;
  if (bottom !== 0 && numbers % bottom === 0) {
    const symbols = above.filter((factor) => typeof factor === 'string');
    return multiplyDims([...symbols, numbers / bottom]);
  }
  return typeof top === 'string' && bottom !== 0 ? `(${top}/${bottom})` : undefined;
}

/** Throws unless two dimensions can be the same. */
export function requireSameDim(a: Dim, b: Dim, shapes: readonly (readonly Dim[])[]): void {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) {
    invalidShape(`shapes ${shapes.map(formatDims).join(', ')} do not fit together`, { shapes });
  }
}
