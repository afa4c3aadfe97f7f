/** Attributes of the pointwise operators, for operators and references alike. */

import type { ChainStep } from '../../../shaders/pointwise_chain.ts';
import type { DataType } from '../../core/dtype.ts';

/** The function of a node: a row's name and the values of its parameters. */
export interface UnaryAttributes {
  readonly function: string;
  readonly parameters: readonly number[];
}

export interface Broadcasting {
  /** Axis of operand 0 where operand 1 begins; undefined for numpy's rule. */
  readonly axis?: number | undefined;
}

export interface BinaryAttributes extends Broadcasting {
  /** Name of the row. */
  readonly function: string;
}

/** Functions one after another, of operands and of each other. */
export interface CompositeAttributes {
  readonly steps: readonly (ChainStep & { readonly parameters: readonly number[] })[];
}

export interface VariadicAttributes {
  readonly function: 'max' | 'min' | 'sum' | 'mean';
}

export interface ClipAttributes {
  /** Of opsets below 11; otherwise inputs 1 and 2 are the bounds. */
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Clip's bounds where none are given: the least and greatest finite number of the type. */
export function clipLimit(type: DataType): number {
  return type === 'float16' ? 65504 : type === 'float64' ? Number.MAX_VALUE : 3.4028234663852886e38;
}
