/**
 * The graphs that the page computes with. Weights and the padding's value are inputs, so that one plan
 * serves all of them; what changes shapes is in the graph.
 */

import type { Graph } from '../../../src/index.ts';
import { type GraphPen, smallGraph } from '../../lib/small-graph.ts';
import { type Fill, padsOf, type WindowSetting } from '../../lib/window.ts';
import { type ActivationId, activations } from './activations.ts';
import { shrinkingSizes } from './receptive-field.ts';

export interface ConvolutionShape extends WindowSetting {
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  readonly fill: Fill;
}

/**
 * `picture` [1, C, H, W], `weights` [1, C, k, k] and the padding's `value` to `map` [1, 1, …] and, of
 * several channels, each one's own sum: `parts` [1, C, …].
 */
export function convolutionGraph(shape: ConvolutionShape): Promise<Graph> {
  const { channels } = shape;
  return smallGraph('convolution', ['Pad', 'Conv', 'Reshape'], (pen) => {
    const { source, weights, steps } = paddedInput(pen, shape);
    const map = pen.node('Conv', [source, weights], 'map', steps);
    if (channels === 1) return [map];
    const { kernel } = shape;
    const each = pen.integers('each', [channels, 1, kernel, kernel]);
    const split = pen.node('Reshape', [weights, each], 'split');
    const parts = pen.node('Conv', [source, split], 'parts', { ...steps, group: channels });
    return [map, parts];
  });
}

/** As `convolutionGraph`; `before` is the map in units of a white pixel, `after` is activated. */
export function activatedGraph(shape: ConvolutionShape, activation: ActivationId): Promise<Graph> {
  const operators = ['Pad', 'Conv', ...activations[activation].operators];
  return smallGraph('activated', operators, (pen) => {
    const { source, weights, steps } = paddedInput(pen, shape);
    const map = pen.node('Conv', [source, weights], 'map', steps);
    const before = pen.node('Mul', [map, pen.floats('unit', [], [1 / 255])], 'before');
    return [before, activations[activation].draw(pen, before, 'after')];
  });
}

/** `x` [n] to every activation of it, under its own name. */
export function curvesGraph(count: number): Promise<Graph> {
  const all = Object.entries(activations);
  const operators = all.flatMap(([, activation]) => activation.operators);
  return smallGraph('curves', operators, (pen) => {
    const x = pen.input('x', [count]);
    return all.map(([id, activation]) => activation.draw(pen, x, id));
  });
}

/**
 * The same layers with and without padding by zeros: `picture` [1, 1, n, n] and `weights` to
 * `bare1` … and `padded1` …; `ones` (a kernel of ones) to how many ways lead from each pixel to the
 * last map: `bareSeen` and `paddedSeen`, convolutions backwards.
 */
export function layersGraph(size: number, kernel: number, layers: number): Promise<Graph> {
  const sizes = shrinkingSizes(size, kernel, layers);
  const chains = [
    { name: 'bare', pad: 0, depth: sizes.length - 1, last: sizes.at(-1) as number },
    { name: 'padded', pad: (kernel - 1) / 2, depth: layers, last: size },
  ];
  return smallGraph('layers', ['Conv', 'ConvTranspose'], (pen) => {
    const picture = pen.input('picture', [1, 1, size, size]);
    const weights = pen.input('weights', [1, 1, kernel, kernel]);
    const ones = pen.input('ones', [1, 1, kernel, kernel]);
    return chains.flatMap(({ name, pad, depth, last }) => {
      const pads = [pad, pad, pad, pad];
      const maps: string[] = [];
      for (let layer = 1; layer <= depth; layer++) {
        const source = maps.at(-1) ?? picture;
        maps.push(pen.node('Conv', [source, weights], `${name}${layer}`, { pads }));
      }
      const one = new Array<number>(last * last).fill(1);
      let seen = pen.floats(`${name}Last`, [1, 1, last, last], one);
      for (let layer = depth; layer >= 1; layer--) {
        const output = layer === 1 ? `${name}Seen` : `${name}Ways${layer}`;
        seen = pen.node('ConvTranspose', [seen, ones], output, { pads });
      }
      return [...maps, seen];
    });
  });
}

/**
 * Two layers of 3×3 (`first`, `second`, perhaps with ReLU between) and one of 5×5 (`whole`) over one
 * `picture`: `two`, `one`, their `difference` and the largest absolute one, `largest`.
 */
export function pairGraph(width: number, height: number, relu: boolean): Promise<Graph> {
  return smallGraph('pair', ['Conv', 'Relu', 'Sub', 'Abs', 'ReduceMax'], (pen) => {
    const picture = pen.input('picture', [1, 1, height, width]);
    const first = pen.input('first', [1, 1, 3, 3]);
    const second = pen.input('second', [1, 1, 3, 3]);
    const whole = pen.input('whole', [1, 1, 5, 5]);
    const inner = pen.node('Conv', [picture, first], 'inner');
    const between = relu ? pen.node('Relu', [inner], 'between') : inner;
    const two = pen.node('Conv', [between, second], 'two');
    const one = pen.node('Conv', [picture, whole], 'one');
    const difference = pen.node('Sub', [two, one], 'difference');
    const size = pen.node('Abs', [difference], 'size');
    return [two, one, difference, pen.node('ReduceMax', [size], 'largest')];
  });
}

/** `kernel` [1, rows] times the patch `matrix` [rows, columns]: `map` [1, columns]. */
export function productGraph(rows: number, columns: number): Promise<Graph> {
  return smallGraph('product', ['MatMul'], (pen) => {
    const kernel = pen.input('kernel', [1, rows]);
    const matrix = pen.input('matrix', [rows, columns]);
    return [pen.node('MatMul', [kernel, matrix], 'map')];
  });
}

function paddedInput(pen: GraphPen, shape: ConvolutionShape) {
  const { channels, width, height, kernel, stride, dilation, fill } = shape;
  const picture = pen.input('picture', [1, channels, height, width]);
  const weights = pen.input('weights', [1, channels, kernel, kernel]);
  const steps = { strides: [stride, stride], dilations: [dilation, dilation] };
  const across = padsOf(width, shape);
  const down = padsOf(height, shape);
  if (shape.padding === 'none') return { source: picture, weights, steps };
  const inputs = [
    picture,
    pen.integers('pads', [0, 0, down.before, across.before, 0, 0, down.after, across.after]),
  ];
  if (fill === 'constant') inputs.push(pen.input('value', []));
  const mode = fill === 'replicate' ? 'edge' : fill;
  return { source: pen.node('Pad', inputs, 'padded', { mode }), weights, steps };
}
