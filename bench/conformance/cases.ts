/** The published cases: ONNX's backend tests of single operators, and small ones that engines fail. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { NamedTensor } from '../../src/cli/engine.ts';
import { type DataSet, findTests, readTest } from '../../src/cli/test-case.ts';
import { formatDims } from '../../src/core/shape.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { type AttributeProto, readModelProto } from '../../src/formats/onnx/proto.ts';
import { modelOf, parseCases, publishedTensors } from '../../test/support/published-values.ts';
import type { CaseFacts } from './result.ts';

export interface PublishedCase extends CaseFacts {
  readonly model: Uint8Array;
  readonly sets: readonly DataSet[];
  /** The published value is disputed: the operator's specification, as the reference has it, decides. */
  readonly contested: boolean;
}

const shared = resolve(import.meta.dirname, '../../../shared');
const onnxNode = join(shared, 'conformance/onnx-node');
const smallCases = join(shared, 'cases/cases.json');

export const hasCases = existsSync(onnxNode) && existsSync(smallCases);

/** Implementations disagree on them, or refuse them. */
const contested = [
  'test_resize_downsample_scales_linear_align_corners',
  'test_resize_downsample_scales_cubic_align_corners',
  'test_maxunpool_export_with_output_shape',
  'test_convinteger_with_padding',
];

export function readCases(): PublishedCase[] {
  return [...backendTests(), ...reportedErrors()];
}

function backendTests(): PublishedCase[] {
  const manifest = JSON.parse(readFileSync(join(onnxNode, 'manifest.json'), 'utf8')) as Record<
    string,
    { readonly family: string }
  >;
  return findTests([onnxNode]).map((test) => {
    const { model, sets } = readTest(test);
    const { name } = test;
    return {
      ...{ name, family: manifest[name]?.family ?? 'Others', model: model.bytes, sets },
      ...{
        what: describe(model.bytes, sets[0]?.inputs ?? []),
        contested: contested.includes(name),
      },
    };
  });
}

function reportedErrors(): PublishedCase[] {
  return parseCases(readFileSync(smallCases, 'utf8')).map((one) => {
    const model = modelOf(one, true);
    const named = ([name, tensor]: readonly [string, HostTensor]): NamedTensor => ({
      name,
      ...tensor,
    });
    const inputs = Object.entries(publishedTensors(one.inputs)).slice(0, 1).map(named);
    const outputs = Object.entries(publishedTensors(one.outputs)).map(named);
    return {
      ...{ name: one.name, family: 'Small cases that engines are known to fail', model },
      ...{ sets: [{ inputs, outputs }], what: describe(model, inputs), contested: false },
    };
  });
}

function describe(model: Uint8Array, inputs: readonly NamedTensor[]): string {
  const { graph, opsets } = readModelProto(model);
  const nodes = graph.nodes.map(({ op, attributes }) => {
    const texts = attributes.map((attribute) => `${attribute.name}=${shown(attribute)}`);
    return texts.length > 0 ? `${op}(${texts.join(', ')})` : op;
  });
  const shapes = inputs.map(({ type, dims }) => `${type}${formatDims(dims)}`);
  return `${nodes.join(' → ')}, opset ${opsets.get('') ?? '?'}, of ${shapes.join(', ') || 'no input'}`;
}

function shown({ i, f, s, t, ints, floats, strings }: AttributeProto): string {
  if (t) return 'a tensor';
  if (s !== undefined) return s;
  if (i !== undefined) return String(i);
  if (f !== undefined) return String(Number(f.toPrecision(6)));
  return `[${[...ints, ...floats, ...strings].join(' ')}]`;
}
