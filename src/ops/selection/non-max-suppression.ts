/**
 * NonMaxSuppression: for every image and class the boxes of the greatest scores, without those that
 * overlap one that was taken before.
 *
 * Scores must be above the score threshold, where there is one; of equal scores the lower index goes
 * first; a box is left out where its overlap is above the threshold, not where it is equal. Boxes may
 * name any two opposite corners. A box without an area overlaps nothing.
 */

import { elementsOf, type HostTensor, hostTensor } from '../../core/tensor.ts';
import { invalidShape } from '../dims.ts';
import { defineSelection } from './selection.ts';

interface Attributes {
  /** Boxes are [x, y, width, height] around their centre, not [y1, x1, y2, x2]. */
  readonly centerPointBox: boolean;
}

type Numbers = ArrayLike<number>;

/** Sides and area of a box: low ends first. */
interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly area: number;
}

export const nonMaxSuppression = defineSelection<Attributes>({
  type: 'NonMaxSuppression',
  arity: { inputs: [2, 5], outputs: [1, 1] },
  attributes: (source) => ({ centerPointBox: source.int('center_point_box', 0) === 1 }),
  types: () => [{ type: 'int64', dims: ['selected', 3] }],
  compute([boxes, scores, most, overlap, score], { centerPointBox }) {
    const { images, classes, count } = sizesOf(boxes as HostTensor, scores as HostTensor);
    const single = (tensor: HostTensor | undefined) =>
      tensor && Number((elementsOf(tensor) as ArrayLike<number | bigint>)[0]);
    // Nothing is taken unless it is said how many boxes may be.
    const limit = single(most) ?? 0;
    const overlapThreshold = single(overlap) ?? 0;
    const scoreThreshold = single(score);
    const boxValues = elementsOf(boxes as HostTensor) as Numbers;
    const scoreValues = elementsOf(scores as HostTensor) as Numbers;
    const selected: number[] = [];
    for (let image = 0; image < images; image++) {
      const all = Array.from({ length: count }, (_, index) =>
        boxAt(boxValues, (image * count + index) * 4, centerPointBox),
      );
      for (let kind = 0; kind < classes; kind++) {
        const first = (image * classes + kind) * count;
        const scoreOf = (index: number) => scoreValues[first + index] as number;
        const candidates = all
          .map((_, index) => index)
          .filter((index) => scoreThreshold === undefined || scoreOf(index) > scoreThreshold)
          .sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
        const taken: Box[] = [];
        for (const index of candidates) {
          if (taken.length >= limit) break;
          const box = all[index] as Box;
          if (taken.some((other) => overlapOf(box, other) > overlapThreshold)) continue;
          taken.push(box);
          selected.push(image, kind, index);
        }
      }
    }
    return [hostTensor('int64', [selected.length / 3, 3], BigInt64Array.from(selected, BigInt))];
  },
});

function sizesOf(boxes: HostTensor, scores: HostTensor) {
  const [images = 0, count = 0, corners] = boxes.dims;
  const [scored, classes = 0, scoredCount] = scores.dims;
  const fits = corners === 4 && scored === images && scoredCount === count;
  if (!fits || boxes.dims.length !== 3 || scores.dims.length !== 3) {
    invalidShape(
      `boxes of shape [${boxes.dims}] and scores of shape [${scores.dims}] do not fit together: they are [images, boxes, 4] and [images, classes, boxes]`,
    );
  }
  return { images, classes, count };
}

function boxAt(values: Numbers, at: number, isCentered: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((side) => values[at + side]);
  const [y1, x1, y2, x2] = isCentered ? [b - d / 2, a - c / 2, b + d / 2, a + c / 2] : [a, b, c, d];
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  const [left, right] = [Math.min(x1, x2), Math.max(x1, x2)];
  return { top, left, bottom, right, area: (bottom - top) * (right - left) };
}

/** Intersection over union. */
function overlapOf(a: Box, b: Box): number {
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (!(height > 0 && width > 0)) return 0;
  return (height * width) / (a.area + b.area - height * width);
}
