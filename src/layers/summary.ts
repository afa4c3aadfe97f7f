/** The table of layers, output shapes and parameters that Keras prints. */

import type { Layer, SymbolicTensor } from './layer.ts';
import { tensorOrder } from './order.ts';
import type { Shape } from './shape.ts';
import type { Weight } from './weights.ts';

export interface Summarised {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly outputs: readonly SymbolicTensor[];
  readonly weights: readonly Weight[];
}

/** `(None, 28, 28, 1)`: None is the batch, and every size that is not known. */
function formatOutput(shape: Shape): string {
  return `(${[null, ...shape].map((size) => size ?? 'None').join(', ')}${shape.length === 0 ? ',' : ''})`;
}

const count = (weights: readonly Weight[]) =>
  weights.reduce((sum, { size }) => sum + size, 0).toLocaleString('en-US');

export function summaryOf(model: Summarised): string {
  const tensors = tensorOrder(model.outputs);
  const applications = new Map<Layer, SymbolicTensor[]>();
  for (const tensor of tensors) {
    applications.set(tensor.layer, [...(applications.get(tensor.layer) ?? []), tensor]);
  }
  const connections = !isChain(tensors, applications);
  const titles = [
    'Layer (type)',
    'Output Shape',
    'Param #',
    ...(connections ? ['Connected to'] : []),
  ];
  const rows = model.layers.map((layer): string[][] => {
    const made = applications.get(layer) ?? [];
    const shapes = [...new Set(made.map(({ shape }) => formatOutput(shape)))];
    const output = shapes.length === 1 ? shapes.join() : 'multiple';
    const isInput = layer.className === 'InputLayer';
    const fields = [
      `${layer.name} (${layer.className})`,
      isInput ? `[${output}]` : output,
      layer.weights.reduce((sum, { size }) => sum + size, 0).toString(),
    ];
    if (!connections) return [fields];
    const [first = '', ...more] = made.flatMap(({ inputs }) =>
      inputs.map((source) => {
        const time = (applications.get(source.layer) ?? []).indexOf(source);
        return `${source.layer.name}[${time}][0]`;
      }),
    );
    return [[...fields, first], ...more.map((name) => ['', '', '', name])];
  });
  // Keras's widths; where they would cut something off, wider.
  const least = connections ? [32, 21, 12, 33] : [29, 26, 10];
  const widths = least.map((width, column) =>
    Math.max(width, ...rows.flat().map((fields) => (fields[column] ?? '').length + 1)),
  );
  const width = widths.reduce((sum, own) => sum + own);
  const row = (fields: readonly string[]) =>
    fields.map((field, column) => field.padEnd(widths[column] ?? 0)).join('');
  const trainable = model.weights.filter((weight) => weight.trainable);
  const line = '_'.repeat(width);
  return [
    `Model: "${model.name}"`,
    line,
    row(titles),
    '='.repeat(width),
    rows.map((lines) => lines.map(row).join('\n')).join(`\n${line}\n`),
    '='.repeat(width),
    `Total params: ${count(model.weights)}`,
    `Trainable params: ${count(trainable)}`,
    `Non-trainable params: ${count(model.weights.filter((weight) => !weight.trainable))}`,
    line,
  ].join('\n');
}

/** Whether every layer is applied once, to what the one before it gave. */
function isChain(
  tensors: readonly SymbolicTensor[],
  applications: ReadonlyMap<Layer, readonly SymbolicTensor[]>,
): boolean {
  return (
    applications.size === tensors.length &&
    tensors.every(({ inputs }, index) =>
      index === 0 ? inputs.length === 0 : inputs.length === 1 && inputs[0] === tensors[index - 1],
    )
  );
}
