/** Activation functions, each as the node or nodes that compute it and as it is written. */

import type { GraphPen } from '../../lib/small-graph.ts';

export type ActivationId =
  | 'identity'
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'scaledTanh'
  | 'softplus'
  | 'softsign'
  | 'swish'
  | 'gelu'
  | 'mish';

export interface Activation {
  /** As people call it. */
  readonly name: string;
  readonly formula: string;
  readonly operators: readonly string[];
  /** Draws it from `x` to a value called `output`. */
  draw(pen: GraphPen, x: string, output: string): string;
}

export const activations: Readonly<Record<ActivationId, Activation>> = {
  identity: one('Linear', 'x', 'Identity'),
  relu: one('ReLU', 'max(0, x)', 'Relu'),
  leakyRelu: one('Leaky ReLU', 'max(0, x) + 0.1 · min(0, x)', 'LeakyRelu', { alpha: 0.1 }),
  elu: one('ELU', 'max(0, x) + min(0, eˣ − 1)', 'Elu'),
  sigmoid: one('Sigmoid', '1 / (1 + e⁻ˣ)', 'Sigmoid'),
  hardSigmoid: one('Hard sigmoid', 'min(1, max(0, 0.2 · x + 0.5))', 'HardSigmoid'),
  tanh: one('tanh', '(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)', 'Tanh'),
  scaledTanh: {
    name: 'Scaled tanh',
    formula: '1.7159 · tanh(2x / 3)',
    operators: ['Mul', 'Tanh'],
    draw(pen, x, output) {
      const slope = pen.floats(`${output}.slope`, [], [2 / 3]);
      const height = pen.floats(`${output}.height`, [], [1.7159]);
      const inner = pen.node('Mul', [x, slope], `${output}.inner`);
      const curve = pen.node('Tanh', [inner], `${output}.curve`);
      return pen.node('Mul', [curve, height], output);
    },
  },
  softplus: one('Softplus', 'ln(1 + eˣ)', 'Softplus'),
  softsign: one('Softsign', 'x / (1 + |x|)', 'Softsign'),
  swish: one('Swish (SiLU)', 'x / (1 + e⁻ˣ)', 'Swish'),
  gelu: one('GELU', 'x · Φ(x)', 'Gelu'),
  mish: one('Mish', 'x · tanh(ln(1 + eˣ))', 'Mish'),
};

function one(
  name: string,
  formula: string,
  op: string,
  attributes: Readonly<Record<string, number>> = {},
): Activation {
  return {
    ...{ name, formula, operators: [op] },
    draw: (pen, x, output) => pen.node(op, [x], output, attributes),
  };
}
