/** A graph for a person to read, and as files for `wgconv check` and other tools. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromReference } from '../../src/core/reference.ts';
import { formatDims, sizeOf } from '../../src/core/shape.ts';
import { elementsOf } from '../../src/core/tensor.ts';
import { encodeTensor } from '../support/onnx-writer.ts';
import type { FuzzCase } from './draft.ts';
import { expectationsOf } from './expectation.ts';

/** One line for each node, with shapes, and with the values of what is short. */
export function describe({ nodes, types, feeds, constants, opset }: FuzzCase): string[] {
  const show = (name: string): string => {
    if (name === '') return '–';
    const tensor = feeds.get(name) ?? constants.get(name);
    const { type, dims } = tensor ?? types.get(name) ?? {};
    if (!type || !dims) return name;
    const values =
      tensor && sizeOf(dims) <= 8 ? ` {${Array.from(elementsOf(tensor), String).join(' ')}}` : '';
    const kind = constants.has(name) ? 'constant ' : '';
    return `${name}: ${kind}${type}${formatDims(dims)}${values}`;
  };
  return [
    `opset ${opset}`,
    ...nodes.map(({ op, inputs, outputs, attributes = {} }) => {
      const text = Object.entries(attributes).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}`,
      );
      return `${outputs.join(', ')} = ${op}(${inputs.map(show).join(', ')}) ${text.join(' ')}`.trimEnd();
    }),
  ];
}

/** The layout of ONNX's backend tests; the outputs are the float64 reference's. */
export async function writeCase(folder: string, fuzzCase: FuzzCase): Promise<void> {
  const data = join(folder, 'test_data_set_0');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), fuzzCase.model);
  [...fuzzCase.feeds].forEach(([name, tensor], index) => {
    writeFileSync(join(data, `input_${index}.pb`), encodeTensor(tensor, name));
  });
  const expected = await expectationsOf(fuzzCase).catch(() => undefined);
  expected?.outputs.forEach((output, index) => {
    const tensor = encodeTensor(fromReference(output), output.name);
    writeFileSync(join(data, `output_${index}.pb`), tensor);
  });
}
