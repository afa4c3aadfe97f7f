/** What kind of work an operator does, for the colours of the graph and of the charts. */

export type Kind = 'convolution' | 'matrix' | 'pooling' | 'activation' | 'normalisation' | 'other';

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/Conv/, 'convolution'],
  [/^(Gemm|MatMul|Gru|LSTM|RNN|GRU)|MatMul|Linear/, 'matrix'],
  [/Pool|Resize|Upsample/, 'pooling'],
  [/Norm|^LRN$/, 'normalisation'],
  [
    /Relu|Sigmoid|Swish|Softmax|^(Tanh|Elu|Selu|Celu|Gelu|Clip|Erf|Mish|Softplus|Softsign)$|Pointwise/,
    'activation',
  ],
];

export function kindOf(operator: string): Kind {
  return kinds.find(([pattern]) => pattern.test(operator))?.[1] ?? 'other';
}

/** The name without the prefix of the engine's own operators. */
export const plainOperator = (operator: string): string => operator.replace(/^wgconv\./, '');
