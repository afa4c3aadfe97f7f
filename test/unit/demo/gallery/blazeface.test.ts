import { expect, it } from 'vitest';
import {
  anchors,
  decodeFaces,
  detectFaces,
  type Face,
  suppress,
} from '../../../../demo/pages/gallery/blazeface.ts';

it('there are 896 anchors: two to a cell of the fine grid, six to one of the coarse', () => {
  const all = anchors();
  expect(all).toHaveLength(896);
  expect(all[0]).toEqual({ x: 1 / 32, y: 1 / 32 });
  expect(all[1]).toEqual({ x: 1 / 32, y: 1 / 32 });
  expect(all[2]).toEqual({ x: 3 / 32, y: 1 / 32 });
  expect(all[32]).toEqual({ x: 1 / 32, y: 3 / 32 });
  expect(all[512]).toEqual({ x: 1 / 16, y: 1 / 16 });
  expect(all[518]).toEqual({ x: 3 / 16, y: 1 / 16 });
  expect(all[895]).toEqual({ x: 15 / 16, y: 15 / 16 });
});

it('a box is relative to its anchor, in pixels of the input', () => {
  const logits = new Float32Array(896).fill(-9);
  const boxes = new Float32Array(896 * 16);
  logits[2] = Math.log(3); // a probability of ¾
  boxes.set([8, -8, 64, 32, 16, 24], 2 * 16);
  const [face, ...others] = decodeFaces(logits, boxes, 256);
  expect(others).toEqual([]);
  expect(face?.score).toBeCloseTo(0.75);
  // The middle: 3/32 + 8/256 = 1/8 and 1/32 − 8/256 = 0. The size: 1/4 by 1/8.
  expect(face).toMatchObject({ left: 0, top: -1 / 16, right: 1 / 4, bottom: 1 / 16 });
  expect(face?.keypoints[0]).toEqual({ x: 5 / 32, y: 1 / 8 });
});

const face = (left: number, score: number, size = 0.2): Face => ({
  left,
  top: 0.4,
  right: left + size,
  bottom: 0.4 + size,
  keypoints: Array(6).fill({ x: left, y: 0.4 }),
  score,
});

it('overlapping detections become one, weighted by their scores', () => {
  const [first, second, ...others] = suppress([face(0.14, 0.6), face(0.7, 0.8), face(0.1, 0.9)]);
  expect(others).toEqual([]);
  // (0.9 · 0.1 + 0.6 · 0.14) / 1.5
  expect(first?.left).toBeCloseTo(0.116);
  expect(first?.right).toBeCloseTo(0.316);
  expect(first?.keypoints[3]?.x).toBeCloseTo(0.116);
  expect(first?.score).toBe(0.9);
  expect(second?.left).toBeCloseTo(0.7);
});

it('detections that overlap by less than the bound stay apart', () => {
  // 0.1 of 0.2 in common: 1/3 of the union; 0.08: 1/4.
  expect(suppress([face(0.1, 0.9), face(0.2, 0.8)])).toHaveLength(1);
  expect(suppress([face(0.1, 0.9), face(0.22, 0.8)])).toHaveLength(2);
});

it('faces are placed in the picture, not in the padded square that the network saw', async () => {
  const picture = { width: 200, height: 100, data: new Uint8ClampedArray(200 * 100 * 4).fill(255) };
  const seen: Float32Array[] = [];
  const [found] = await detectFaces(
    picture,
    async (input, dims) => {
      expect(dims).toEqual([1, 128, 128, 3]);
      seen.push(input);
      const fine = new Float32Array(512).fill(-99);
      const fineBoxes = new Float32Array(512 * 16);
      // Cell (8, 8) of the fine grid; moved to the middle of the square, 64 by 32 pixels.
      fine[8 * 32 + 16] = 99;
      fineBoxes.set([-4, -4, 64, 32], (8 * 32 + 16) * 16);
      return [
        { data: fine, dims: [] },
        { data: new Float32Array(384).fill(-99), dims: [] },
        { data: fineBoxes, dims: [] },
        { data: new Float32Array(384 * 16), dims: [] },
      ];
    },
    128,
  );
  // White picture in the middle half of the rows, black above.
  expect(seen[0]?.[0]).toBe(-1);
  expect(seen[0]?.[64 * 128 * 3]).toBe(1);
  expect(found?.left).toBeCloseTo(0.25);
  expect(found?.right).toBeCloseTo(0.75);
  expect(found?.top).toBeCloseTo(0.25);
  expect(found?.bottom).toBeCloseTo(0.75);
});
