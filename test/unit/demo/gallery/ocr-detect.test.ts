import { describe, expect, it } from 'vitest';
import {
  convexHull,
  corners,
  meanInside,
  smallestRectangle,
} from '../../../../demo/pages/gallery/geometry.ts';
import {
  detectionSize,
  readingOrder,
  type TextBox,
  textBoxes,
} from '../../../../demo/pages/gallery/ocr-detect.ts';

/** A map whose cells are `inside` where the test holds and `outside` elsewhere. */
function map(width: number, height: number, value: (x: number, y: number) => number) {
  return Float32Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  );
}

describe('geometry', () => {
  it('keeps only the corners of a square with points on and in it', () => {
    const square = [0, 1, 2].flatMap((x) => [0, 1, 2].map((y) => ({ x, y })));
    const hull = convexHull(square);
    expect(hull).toHaveLength(4);
    expect(hull).toEqual(
      expect.arrayContaining([
        { x: 0, y: 0 },
        { x: 2, y: 2 },
      ]),
    );
  });

  it('finds the tilted rectangle, which is smaller than the upright one', () => {
    // Sides along (4, 3) and (−3, 4): 10 long and 5 wide.
    const rectangle = smallestRectangle([
      { x: 3, y: 0 },
      { x: 11, y: 6 },
      { x: 8, y: 10 },
      { x: 0, y: 4 },
      { x: 6, y: 5 },
    ]);
    const [topLeft, topRight, bottomRight, bottomLeft] = corners(rectangle);
    expect(topLeft.x).toBeCloseTo(3);
    expect(topLeft.y).toBeCloseTo(0);
    expect(topRight.x).toBeCloseTo(11);
    expect(topRight.y).toBeCloseTo(6);
    expect(bottomRight.x).toBeCloseTo(8);
    expect(bottomRight.y).toBeCloseTo(10);
    expect(bottomLeft.x).toBeCloseTo(0);
    expect(bottomLeft.y).toBeCloseTo(4);
  });

  it('counts the cells of a diamond', () => {
    const diamond = [
      { x: 2, y: 0 },
      { x: 4, y: 2 },
      { x: 2, y: 4 },
      { x: 0, y: 2 },
    ];
    // 13 cells in it: rows of 1, 3, 5, 3, 1. One of them holds 13.
    expect(
      meanInside(
        map(5, 5, (x, y) => (x === 2 && y === 2 ? 13 : 0)),
        5,
        5,
        diamond,
      ),
    ).toBe(1);
    expect(
      meanInside(
        map(5, 5, (x, y) => (x === 0 && y === 0 ? 13 : 0)),
        5,
        5,
        diamond,
      ),
    ).toBe(0);
  });
});

describe('the detector’s boxes', () => {
  it('grow by area times 1.5 over perimeter', () => {
    // Cells 10…30 × 10…20: 20 by 10 between the middles, 200 · 1.5 / 60 = 5 on every side.
    const bar = map(50, 40, (x, y) => (x >= 10 && x <= 30 && y >= 10 && y <= 20 ? 0.9 : 0));
    const [box, ...others] = textBoxes(bar, 50, 40);
    expect(others).toEqual([]);
    expect(box?.score).toBeCloseTo(0.9);
    expect(box?.quad).toEqual([
      { x: 5, y: 5 },
      { x: 35, y: 5 },
      { x: 35, y: 25 },
      { x: 5, y: 25 },
    ]);
  });

  it('join cells that touch at a corner, and none that do not touch', () => {
    const touching = map(40, 40, (x, y) =>
      (x >= 5 && x < 15 && y >= 5 && y < 15) || (x >= 15 && x < 25 && y >= 15 && y < 25) ? 1 : 0,
    );
    expect(textBoxes(touching, 40, 40, { boxThreshold: 0 })).toHaveLength(1);
    const apart = map(40, 40, (x, y) =>
      (x >= 5 && x < 15 && y >= 5 && y < 15) || (x >= 16 && x < 26 && y >= 16 && y < 26) ? 1 : 0,
    );
    expect(textBoxes(apart, 40, 40)).toHaveLength(2);
  });

  it('are none of noise, of faint regions, or below the threshold', () => {
    expect(
      textBoxes(
        map(20, 20, (x, y) => (y === 3 && x > 2 ? 1 : 0)),
        20,
        20,
      ),
    ).toEqual([]);
    const region = (value: number) =>
      map(20, 20, (x, y) => (x > 3 && x < 16 && y > 3 && y < 16 ? value : 0));
    expect(textBoxes(region(0.5), 20, 20)).toEqual([]);
    expect(textBoxes(region(0.25), 20, 20, { boxThreshold: 0 })).toEqual([]);
    expect(textBoxes(region(0.5), 20, 20, { boxThreshold: 0.4 })).toHaveLength(1);
  });

  it('are as tilted as the text', () => {
    // A bar around the line through (50, 50) at 30°.
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const bar = map(100, 100, (x, y) => {
      const [u, v] = [(x - 50) * c + (y - 50) * s, (y - 50) * c - (x - 50) * s];
      return Math.abs(u) <= 30 && Math.abs(v) <= 6 ? 1 : 0;
    });
    const [box] = textBoxes(bar, 100, 100, { unclipRatio: 0 });
    const [topLeft, topRight, , bottomLeft] = box?.quad ?? [];
    if (!topLeft || !topRight || !bottomLeft) throw new Error('no box');
    const angle = Math.atan2(topRight.y - topLeft.y, topRight.x - topLeft.x);
    expect(Math.abs(angle - Math.PI / 6)).toBeLessThan(0.03);
    expect(Math.abs(Math.hypot(topRight.x - topLeft.x, topRight.y - topLeft.y) - 60)).toBeLessThan(
      2,
    );
    expect(
      Math.abs(Math.hypot(bottomLeft.x - topLeft.x, bottomLeft.y - topLeft.y) - 12),
    ).toBeLessThan(2);
  });

  it('are read line by line, though a line is not quite level', () => {
    const box = (name: number, x: number, y: number): TextBox => ({
      score: name,
      quad: [
        { x, y },
        { x: x + 40, y },
        { x: x + 40, y: y + 20 },
        { x, y: y + 20 },
      ],
    });
    const boxes = [box(4, 60, 52), box(2, 70, 0), box(3, 0, 50), box(1, 0, 6)];
    expect(readingOrder(boxes).map(({ score }) => score)).toEqual([1, 2, 3, 4]);
  });
});

it('the detector’s input is shrunk to the longest side and padded to few sizes', () => {
  expect(detectionSize(640, 300, 960)).toEqual({ scale: 1, width: 640, height: 384 });
  expect(detectionSize(1920, 1080, 960)).toEqual({ scale: 0.5, width: 1024, height: 640 });
  expect(detectionSize(10, 1, 960)).toEqual({ scale: 1, width: 128, height: 128 });
});
