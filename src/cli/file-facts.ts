/** What a model's file says of itself, whether wgconv can run it or not. */

import { readModelJson } from '../formats/keras/model-json.ts';
import { type ModelConfig, readTopology } from '../formats/keras/topology.ts';
import { readProtoOrExplain } from '../formats/onnx/other-files.ts';
import { isJson } from '../formats/read-model.ts';
import { formatBytes, plural, table } from './table.ts';

export interface FileFacts {
  readonly format: 'onnx' | 'layers-model';
  readonly name: string;
  readonly producer: string;
  /** Of an ONNX file. */
  readonly irVersion?: number;
  readonly opsets?: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** How often each operator, or class of layers, occurs, most often first. */
  readonly operators: Readonly<Record<string, number>>;
}

/** @throws WgconvError where the file cannot be read */
export function readFileFacts(bytes: Uint8Array): FileFacts {
  return isJson(bytes) ? layersFacts(bytes) : onnxFacts(bytes);
}

function onnxFacts(bytes: Uint8Array): FileFacts {
  const { graph, producer, irVersion, opsets } = readProtoOrExplain(bytes);
  const operators = graph.nodes.map(({ op, domain }) =>
    domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`,
  );
  return {
    format: 'onnx',
    name: graph.name,
    producer,
    irVersion,
    opsets: Object.fromEntries([...opsets].map(([domain, v]) => [domain || 'ai.onnx', v])),
    bytes: bytes.length,
    operators: countsOf(operators),
  };
}

function layersFacts(bytes: Uint8Array): FileFacts {
  const { topology, producer } = readModelJson(bytes);
  const model = readTopology(topology);
  const { name } = model;
  const operators = countsOf(classesOf(model));
  return { format: 'layers-model', name, producer, bytes: bytes.length, operators };
}

function classesOf({ layers }: ModelConfig): string[] {
  return layers.flatMap(({ className, model }) => (model ? classesOf(model) : className));
}

function countsOf(operators: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of operators) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return Object.fromEntries(sorted);
}

/** For a person to read. */
export function describeFile(model: string, file: FileFacts): string {
  const { format, operators, producer, irVersion, opsets = {} } = file;
  const versions = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const total = Object.values(operators).reduce((sum, count) => sum + count, 0);
  const rows = Object.entries(operators).map(([name, count]) => [`  ${count}`, name]);
  const isOnnx = format === 'onnx';
  const what = isOnnx
    ? `ONNX IR ${irVersion}, operator set ${versions.join(', ') || 'not said'}`
    : 'a layers model of Keras or TensorFlow.js';
  const [node, kind] = isOnnx ? ['node', 'operator'] : ['layer', 'kind'];
  return [
    `${model}: ${formatBytes(file.bytes)}, ${what}${producer && `, by ${producer}`}`,
    '',
    `${plural(total, node)}, ${plural(rows.length, kind)}:`,
    table(rows, ['right']),
  ].join('\n');
}
