/** Places the nodes of a graph in layers from top to bottom, with dagre. */

import { Graph as DagreGraph, layout } from '@dagrejs/dagre';

export interface GraphOutline {
  readonly boxes: readonly {
    readonly id: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** Top left corners, in the order of the outline's boxes. */
  readonly boxes: readonly Point[];
  /** Where each edge goes through, in the order of the outline's edges. */
  readonly edges: readonly (readonly Point[])[];
}

export function layoutGraph({ boxes, edges }: GraphOutline): GraphLayout {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'TB', ranksep: 30, nodesep: 22, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    boxes: boxes.map((box) => {
      // dagre gives the middle.
      const { x = 0, y = 0 } = graph.node(box.id) as Partial<Point>;
      return { x: x - box.width / 2, y: y - box.height / 2 };
    }),
    edges: edges.map(({ from, to }) => {
      const { points = [] } = graph.edge(from, to) as { points?: Point[] };
      return points.map(({ x, y }) => ({ x, y }));
    }),
  };
}

/** A smooth curve through the points, as the `d` of a path. */
export function curveThrough(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  const path = [`M${round(first.x)} ${round(first.y)}`];
  let before = first;
  for (const point of others) {
    const middle = (before.y + point.y) / 2;
    path.push(
      `C${round(before.x)} ${round(middle)} ${round(point.x)} ${round(middle)} ${round(point.x)} ${round(point.y)}`,
    );
    before = point;
  }
  return path.join('');
}

const round = (value: number): number => Math.round(value * 10) / 10;
