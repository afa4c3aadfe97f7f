/** A model that is opened: its session, the graph as it is shown, and what each node is planned as. */

import { WgconvError } from '../../../src/core/errors.ts';
import { type Dim, isStatic } from '../../../src/core/shape.ts';
import { byteLengthOf } from '../../../src/core/tensor.ts';
import type {
  Graph,
  InferenceSession,
  Node,
  NodeReport,
  Progress,
  SessionReport,
} from '../../../src/index.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { createSession } from '../../lib/engine.ts';

export interface OpenModel {
  readonly name: string;
  /** Bytes of its files; 0 where it was loaded by its address. */
  readonly bytes: number;
  readonly session: InferenceSession;
}

/** What is known for one set of input sizes. */
export interface PlannedModel {
  /** With every type that follows from the inputs. */
  readonly graph: Graph;
  /** undefined as long as it takes a run to plan. */
  readonly report: SessionReport | undefined;
}

export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly model: string | Uint8Array;
  readonly beside: readonly { readonly path: string; readonly data: File }[];
}

export async function openModel(
  { name, bytes, model, beside }: ModelFile,
  onProgress: (progress: Progress) => void,
): Promise<OpenModel> {
  try {
    const session = await createSession(model, {
      onProgress,
      ...(beside.length > 0 && { externalData: beside }),
    });
    return { name, bytes, session };
  } catch (error) {
    const found = filesUnderAskedName(error, beside);
    if (!found) throw error;
    return openModel({ name, bytes, model, beside: found }, onProgress);
  }
}

/** Files that are chosen one by one have lost their folders: the model's own name for one is taken. */
function filesUnderAskedName(
  error: unknown,
  beside: ModelFile['beside'],
): ModelFile['beside'] | undefined {
  const asked = error instanceof WgconvError ? error.data.file : undefined;
  if (typeof asked !== 'string') return undefined;
  const plain = asked.replace(/^.*\//, '');
  if (!beside.some(({ path }) => path === plain && path !== asked)) return undefined;
  return beside.map((file) => (file.path === plain ? { ...file, path: asked } : file));
}

/** Symbolic dimensions of the inputs by name, in order, with a size to begin with. */
export function symbolsOf({ inputs }: Pick<InferenceSession, 'inputs'>): Map<string, number> {
  const symbols = new Map<string, number>();
  for (const { dims } of inputs) {
    const channelsLast = isColours(dims[3]) && !isColours(dims[1]);
    dims.forEach((dim, axis) => {
      if (typeof dim !== 'string' || symbols.has(dim)) return;
      const side = dims.length === 4 && (channelsLast ? axis === 1 || axis === 2 : axis >= 2);
      const colours = dims.length === 4 && axis === 1;
      symbols.set(dim, side ? 224 : colours ? 3 : 1);
    });
  }
  return symbols;
}

export const isColours = (dim: Dim | undefined): boolean => dim === 1 || dim === 3;

/** Shapes of the inputs with a number for each symbol. */
export function shapesOf(
  { inputs }: Pick<InferenceSession, 'inputs'>,
  sizes: ReadonlyMap<string, number>,
): Record<string, number[]> {
  return Object.fromEntries(
    inputs.map(({ name, dims }) => [
      name,
      dims.map((dim) => (typeof dim === 'number' ? dim : (sizes.get(dim) ?? 1))),
    ]),
  );
}

/** Plans the model for these shapes; what must see data first (its report) comes after a run. */
export async function planModel(
  { session }: OpenModel,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<PlannedModel> {
  await session.prepare(shapes);
  return describeModel(session, shapes);
}

/** The model for these shapes as far as it is planned. */
export function describeModel(
  session: InferenceSession,
  shapes: Readonly<Record<string, readonly number[]>>,
): PlannedModel {
  const inputs = session.inputs.map((input) => ({ ...input, dims: shapes[input.name] ?? [] }));
  let graph = session.graph;
  try {
    graph = inferShapes({ ...graph, inputs });
  } catch {
    // The session says better what is wrong with these shapes.
  }
  let report: SessionReport | undefined;
  try {
    report = session.report();
  } catch {
    report = undefined;
  }
  return { graph: report ? withPlannedTypes(graph, report) : graph, report };
}

/** Shapes that come from arithmetic inside the model are known to its plan. */
function withPlannedTypes(graph: Graph, report: SessionReport): Graph {
  const types = new Map(graph.types);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  for (const { name, originals, outputs } of report.nodes) {
    const last = nodes.get(originals.at(-1) ?? name);
    last?.outputs.forEach((value, at) => {
      const type = outputs[at];
      if (type && isStatic(type) && value !== '') types.set(value, type);
    });
  }
  return { ...graph, types };
}

/** Rows of the report by the model's own nodes that they stand for. */
export function rowsByNode(report: SessionReport | undefined): Map<string, NodeReport> {
  const rows = new Map<string, NodeReport>();
  for (const row of report?.nodes ?? []) {
    for (const name of [row.name, ...row.originals]) rows.set(name, row);
  }
  return rows;
}

/** The node of the graph as it is shown that a row stands for: its last one, which makes its output. */
export function nodeOfRow(
  names: ReadonlySet<string>,
  row: Pick<NodeReport, 'name' | 'originals'>,
): string | undefined {
  return [row.name, ...row.originals.toReversed()].find((name) => names.has(name));
}

/** Constants that a node reads. */
export function weightsOf({ inputs }: Node, { constants }: Graph) {
  return [...new Set(inputs)].flatMap((name) => {
    const tensor = constants.get(name);
    return tensor ? [{ name, ...tensor, size: byteLengthOf(tensor.type, tensor.dims) }] : [];
  });
}

/** Bytes of the model's constants that each row of the report stands for. */
export function weightBytesByRow(report: SessionReport, graph: Graph): readonly number[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  return report.nodes.map(({ name, originals }) => {
    const own = [...new Set([name, ...originals])].flatMap((original) => nodes.get(original) ?? []);
    const weights = new Map(own.flatMap((node) => weightsOf(node, graph)).map((w) => [w.name, w]));
    return [...weights.values()].reduce((sum, { size }) => sum + size, 0);
  });
}
