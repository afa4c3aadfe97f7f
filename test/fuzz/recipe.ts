/**
 * Random graphs as fast-check sees them: lists of numbers from which a graph is made. It shrinks the
 * lists; what a number means is decided here and in the families.
 */

import * as fc from 'fast-check';
import { Draft, type FuzzCase, Unfit } from './draft.ts';
import type { Family } from './families/family.ts';
import { available, families } from './families/index.ts';
import { Tape } from './tape.ts';

export interface Recipe {
  readonly steps: readonly { readonly family: number; readonly choices: readonly number[] }[];
  readonly opset: number;
  readonly seed: number;
}

const opsets = [22, 21, 13, 17, 18, 20, 23, 9];

const mostNodes = 8;

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  steps: fc.array(
    fc.record({
      family: fc.noBias(fc.nat(9999)),
      choices: fc.array(fc.noBias(fc.nat(9999)), { minLength: 0, maxLength: 48, size: 'max' }),
    }),
    { minLength: 1, maxLength: mostNodes, size: 'max' },
  ),
  seed: fc.nat(999_999),
  opset: fc.constantFrom(...opsets),
});

interface Choosable {
  readonly family: Family;
  readonly operators: readonly string[];
}

/** The graph of a recipe; undefined where none of its steps adds a node. */
export function caseOf(
  { seed, opset, steps }: Recipe,
  only?: readonly string[],
): FuzzCase | undefined {
  const draft = new Draft(opset, seed);
  const choosable = families.flatMap((family) => {
    const operators = available(family, opset).filter((op) => !only || only.includes(op));
    // A family of many operators has its turn more often.
    return new Array<Choosable>(Math.ceil(Math.sqrt(operators.length))).fill({ family, operators });
  });
  if (choosable.length === 0) return undefined;
  for (const { family, choices } of steps) {
    if (draft.isFinished || draft.nodeCount >= mostNodes) break;
    const { family: generator, operators } = choosable[family % choosable.length] as Choosable;
    const tape = new Tape(choices);
    try {
      generator.add(tape.choose(operators), draft, tape);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
    }
  }
  return draft.nodeCount > 0 ? draft.finish() : undefined;
}
