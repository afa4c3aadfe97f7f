/** `docs/operators.md`: one row for each operator. */

import type { DataType } from '../../src/core/dtype.ts';
import { operatorNames } from '../../src/ops/index.ts';
import { limits } from './limits.ts';
import { onnxSchemas } from './onnx-schemas.ts';
import { type OperatorSupport, supportOf } from './support.ts';

const short: Readonly<Record<DataType, string>> = {
  ...{ float32: 'f32', float16: 'f16', float64: 'f64', bool: 'bool' },
  ...{ int8: 'i8', int16: 'i16', int32: 'i32', int64: 'i64' },
  ...{ uint8: 'u8', uint16: 'u16', uint32: 'u32', uint64: 'u64' },
};

export async function operatorsPage(): Promise<string> {
  const names = operatorNames.filter((name) => !name.startsWith('wgconv.')).sort();
  const rows: string[][] = [];
  for (const name of names) rows.push(rowOf(await supportOf(name)));
  const head = [
    'operator',
    'opsets',
    'on the GPU',
    'on the host',
    'cpu backend',
    'kernels',
    'limits',
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${introduction(names.length)}\n\n${[head, head.map(() => '---'), ...rows].map(line).join('\n')}\n`;
}

function introduction(count: number): string {
  return `# Operators

${count} operators of ONNX's default domain, from the operator list (\`npm run docs:operators\` writes this page).

- **opsets**: every version from the first named on; the others are those that changed the operator. wgconv brings all of them to one meaning.
- **element types** are those that ONNX's newest version allows for the operator's main type and that wgconv takes, found by planning and running small nodes of each: *on the GPU* by kernels (8- and 16-bit integers are widened to 32 bits with their own wrap; float16 is stored as float32 where the adapter lacks \`shader-f16\`), *on the host* where the webgpu backend leaves the node to JavaScript (WebGPU has no 64-bit types), and by the *cpu backend*. Of a few operators no such node is made, and nothing was asked. i64 indices, axes and shapes of other inputs are not listed: indices live on the GPU as 32-bit integers.
- **kernels** are the families of algorithms that wgconv chooses from; *view* is none: the output shares the input's memory.`;
}

function rowOf({ name, gpu, host, cpu, algorithms, view, unasked }: OperatorSupport): string[] {
  const versions = onnxSchemas[name]?.versions ?? [];
  const types = (list: readonly DataType[]) =>
    unasked ? 'not asked' : list.map((type) => short[type]).join(' ') || '–';
  const here = [...gpu, ...host];
  const isSame = !unasked && cpu.length === here.length && cpu.every((type) => here.includes(type));
  return [
    ...[name, versions.join(', '), types(gpu), types(host)],
    isSame ? 'the same' : types(cpu),
    algorithms.map((one) => `\`${one}\``).join(' ') || (view ? 'view' : '–'),
    limits[name] ?? '',
  ];
}
