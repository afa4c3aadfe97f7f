/** If and Loop: nodes that stand for bodies; a pass puts in the body that their constants choose. */

import { WgconvError } from '../../core/errors.ts';
import { capturesOf, type Subgraph } from '../../graph/graph.ts';
import { type AnyOperator, defineOperator, type Operator } from '../operator.ts';

export interface ControlAttributes {
  /** If: of true and of false. Loop: one. */
  readonly bodies: readonly Subgraph[];
  /** Inputs of the node's own, before those that its bodies capture. */
  readonly ownInputs: number;
}

/** Nothing of it is left when a plan is made. */
function notAlone(): never {
  throw new WgconvError('unsupported-operator', 'control flow that is not decided cannot run');
}

const undecided = {
  arity: { inputs: [1, Number.POSITIVE_INFINITY], outputs: [1, Number.POSITIVE_INFINITY] },
  infer: () => [],
  accuracy: 'exact',
  reference: async () => notAlone,
  lower: () => [],
} satisfies Partial<Operator<ControlAttributes>>;

const attributesOf = (bodies: readonly Subgraph[], inputCount: number): ControlAttributes => ({
  bodies,
  ownInputs: inputCount - capturesOf(bodies).length,
});

export const controlOperators: readonly AnyOperator[] = [
  defineOperator<ControlAttributes>({
    ...undecided,
    type: 'If',
    attributes: (source) =>
      attributesOf([source.graph('then_branch'), source.graph('else_branch')], source.inputCount),
    traits: { control: 'if', hostInputs: [0] },
  }),
  defineOperator<ControlAttributes>({
    ...undecided,
    type: 'Loop',
    attributes: (source) => attributesOf([source.graph('body')], source.inputCount),
    traits: { control: 'loop', hostInputs: [0, 1] },
  }),
];
