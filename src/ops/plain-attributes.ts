/** Attributes of nodes as plain numbers, strings and lists, which builders write. */

import type { HostTensor } from '../core/tensor.ts';
import type { AttributeValue } from './attributes.ts';

/** Whole numbers are integers, others floats; write an `AttributeValue` where that is wrong. */
export type PlainAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | HostTensor
  | AttributeValue;

/** `{ strides: [2, 2], alpha: 0.5 }` as attribute values; undefined entries are left out. */
export function attributeValues(
  record: Readonly<Record<string, PlainAttribute | undefined>>,
): Map<string, AttributeValue> {
  const values = new Map<string, AttributeValue>();
  for (const [name, plain] of Object.entries(record)) {
    if (plain !== undefined) values.set(name, attributeValue(plain));
  }
  return values;
}

function attributeValue(plain: PlainAttribute): AttributeValue {
  if (typeof plain === 'string') return { kind: 'string', value: plain };
  if (typeof plain === 'number') {
    return { kind: Number.isInteger(plain) ? 'int' : 'float', value: plain };
  }
  if ('kind' in plain) return plain;
  if ('bytes' in plain) return { kind: 'tensor', value: plain };
  if (plain.some((item) => typeof item === 'string')) {
    return { kind: 'strings', value: plain.map(String) };
  }
  const numbers = plain.map(Number);
  return { kind: numbers.every(Number.isInteger) ? 'ints' : 'floats', value: numbers };
}
