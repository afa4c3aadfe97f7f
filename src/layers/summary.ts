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
  const ends = connections ? [32, 53, 65, 98] : [29, 55, 65];
  const width = ends.at(-1) ?? 0;
  const row = (...fields: readonly string[]) => formatRow(fields, ends);
  const titles = [
    'Layer (type)',
    'Output Shape',
    'Param #',
    ...(connections ? ['Connected to'] : []),
  ];
  const rows = model.layers.map((layer) => {
    const made = applications.get(layer) ?? [];
    const shapes = [...new Set(made.map(({ shape }) => formatOutput(shape)))];
    const output = shapes.length === 1 ? shapes.join() : 'multiple';
    const isInput = layer.className === 'InputLayer';
    const fields = [
      `${layer.name} (${layer.className})`,
      isInput ? `[${output}]` : output,
      layer.weights.reduce((sum, { size }) => sum + size, 0).toString(),
    ];
    if (!connections) return row(...fields);
    const [first = '', ...more] = made.flatMap(({ inputs }) =>
      inputs.map(
        (source) =>
          `${source.layer.name}[${(applications.get(source.layer) ?? []).indexOf(source)}][0]`,
      ),
    );
    return [row(...fields, first), ...more.map((name) => row('', '', '', name))].join('\n');
  });
  const trainable = model.weights.filter((weight) => weight.trainable);
  const line = '_'.repeat(width);
  return [
    `Model: "${model.name}"`,
    line,
    row(...titles),
    '='.repeat(width),
    rows.join(`\n${line}\n`),
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

/** Each field ends before its column does. */
function formatRow(fields: readonly string[], ends: readonly number[]): string {
  let line = '';
  fields.forEach((field, index) => {
    const end = ends[index] ?? 0;
    line = `${index > 0 ? `${line.slice(0, -1)} ` : ''}${field}`.slice(0, end).padEnd(end);
  });
  return line;
}
