/**
 * The ONNX backend tests of single nodes, where a checkout of them lies beside the repository
 * (`../shared/conformance/onnx-node`), computed through the operators' references.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareToPublished } from '../../src/cli/published.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { readOnnxModel, readTensorProto } from '../../src/formats/onnx/index.ts';
import { requireOperator } from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';

const root = join(import.meta.dirname, '../../../shared/conformance/onnx-node');

/** False where there is no such checkout; a test then skips. */
export const hasConformance = existsSync(join(root, 'manifest.json'));

interface Entry {
  readonly opset: number;
  readonly ops: readonly string[];
}

/** Names of the cases whose every node is one of `operators`. */
export function conformanceCases(operators: readonly string[]): string[] {
  if (!hasConformance) return [];
  const manifest = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')) as Record<
    string,
    Entry
  >;
  return Object.entries(manifest)
    .filter(([, { ops }]) => ops.every((op) => operators.includes(op)))
    .map(([name]) => name);
}

export interface ConformanceResult {
  readonly name: string;
  readonly expected: HostTensor;
  readonly actual: HostTensor;
}

/** Every published output of a case, next to the references' own. */
export async function runConformanceCase(name: string): Promise<ConformanceResult[]> {
  const graph = await readOnnxModel(new Uint8Array(readFileSync(join(root, name, 'model.onnx'))));
  const data = join(root, name, 'test_data_set_0');
  const tensor = (file: string) =>
    readTensorProto(new Uint8Array(readFileSync(join(data, file)))).tensor;
  const files = readdirSync(data);
  const values = new Map<string, HostTensor>(graph.constants);
  graph.inputs.forEach((input, index) => {
    values.set(input.name, tensor(`input_${index}.pb`));
  });
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => values.get(input));
    const operator = requireOperator(node, findOperator);
    const outputs = await evaluateNode(node, operator, inputs, inputs);
    node.outputs.forEach((output, index) => {
      const result = outputs[index];
      if (output !== '' && result) values.set(output, result);
    });
  }
  return graph.outputs.flatMap((output, index) => {
    const file = `output_${index}.pb`;
    const actual = values.get(output);
    if (!files.includes(file) || !actual) throw new Error(`${name}: no output "${output}"`);
    return [{ name: output, expected: tensor(file), actual }];
  });
}

/** The references give every published output, as `wgconv check` judges it. */
export async function expectPublished(name: string): Promise<void> {
  for (const { name: output, expected, actual } of await runConformanceCase(name)) {
    const { ok, reason } = compareToPublished(actual, expected);
    expect(ok, `${output}: ${reason}`).toBe(true);
  }
}

/** The published cases of these operators as tests; there are so many of each at the least. */
export function describePublished(
  operators: readonly string[],
  { least = 1, except = [] }: { readonly least?: number; readonly except?: readonly string[] } = {},
): void {
  describe.skipIf(!hasConformance)('published ONNX cases (skipped without ../shared)', () => {
    it('covers each operator', () => {
      for (const operator of operators) {
        const count = conformanceCases([operator]).length;
        expect(count, operator).toBeGreaterThanOrEqual(least);
      }
    });

    it.each(conformanceCases(operators).filter((name) => !except.includes(name)))(
      '%s',
      expectPublished,
    );
  });
}
