/** The graph of a model as boxes and lines: what stands in each box, and where it lies. */

import type { Graph, Node } from '../../../src/index.ts';
import { formatShape } from './format.ts';
import { curveThrough, type GraphLayout, type GraphOutline } from './graph-layout.ts';
import { type Kind, kindOf, plainOperator } from './operators.ts';

export interface Box {
  readonly id: string;
  /** undefined for the model's inputs and outputs. */
  readonly node: Node | undefined;
  readonly kind: Kind | 'value';
  readonly title: string;
  readonly detail: string;
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Box {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

export interface GraphPicture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly lines: readonly Line[];
}

const boxWidth = 184;
const boxHeight = 46;

/** The model's inputs and outputs are boxes, too; their ids cannot be names of nodes. */
export const inputId = (name: string): string => `in\u0000${name}`;
export const outputId = (name: string): string => `out\u0000${name}`;

export function boxesOf(graph: Graph): { boxes: Box[]; edges: GraphOutline['edges'] } {
  const size = { width: boxWidth, height: boxHeight };
  const made = new Map<string, string>();
  const boxes: Box[] = [];
  const edges = new Map<string, { from: string; to: string }>();
  const join = (value: string, to: string) => {
    const from = made.get(value);
    if (from !== undefined) edges.set(`${from}\u0001${to}`, { from, to });
  };
  const value = (id: string, name: string) => {
    const detail = formatShape(graph.types.get(name)?.dims);
    boxes.push({ id, node: undefined, kind: 'value', title: name, detail, ...size });
  };
  for (const { name } of graph.inputs) {
    made.set(name, inputId(name));
    value(inputId(name), name);
  }
  for (const node of graph.nodes) {
    const { name, op, outputs } = node;
    const title = titleOf(node, graph);
    const detail = formatShape(graph.types.get(outputs[0] ?? '')?.dims);
    boxes.push({ id: name, node, kind: kindOf(op), title, detail, ...size });
    for (const output of outputs) made.set(output, name);
  }
  for (const node of graph.nodes) for (const input of node.inputs) join(input, node.name);
  for (const name of graph.outputs) {
    value(outputId(name), name);
    join(name, outputId(name));
  }
  return { boxes, edges: [...edges.values()] };
}

/** `Conv 3×3 /2`: the operator, its window, its stride. */
export function titleOf({ op, inputs, attributes }: Node, { constants }: Graph): string {
  const { kernelShape, strides } = (attributes ?? {}) as {
    kernelShape?: readonly number[];
    strides?: readonly number[];
  };
  const weights = /Conv/.test(op) ? constants.get(inputs[1] ?? '')?.dims.slice(2) : undefined;
  const window = kernelShape ?? weights;
  const stride = strides?.some((step) => step !== 1) ? ` /${[...new Set(strides)].join('×')}` : '';
  return `${plainOperator(op)}${window?.length ? ` ${window.join('×')}` : ''}${stride}`;
}

export function placeBoxes(
  boxes: readonly Box[],
  edges: GraphOutline['edges'],
  layout: GraphLayout,
): GraphPicture {
  return {
    width: layout.width,
    height: layout.height,
    boxes: boxes.map((box, at) => ({ ...box, ...(layout.boxes[at] ?? { x: 0, y: 0 }) })),
    lines: edges.map(({ from, to }, at) => ({
      ...{ from, to },
      path: curveThrough(layout.edges[at] ?? []),
    })),
  };
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/** The box that an arrow key leads to: along the lines, or beside in the same layer. */
export function neighbourOf(
  { boxes, lines }: GraphPicture,
  id: string,
  direction: Direction,
): string | undefined {
  if (direction === 'down') return lines.find(({ from }) => from === id)?.to;
  if (direction === 'up') return lines.find(({ to }) => to === id)?.from;
  const box = boxes.find((other) => other.id === id);
  if (!box) return undefined;
  const sign = direction === 'right' ? 1 : -1;
  return boxes
    .filter((other) => Math.abs(other.y - box.y) < boxHeight && sign * (other.x - box.x) > 0)
    .sort((a, b) => sign * (a.x - b.x))[0]?.id;
}
