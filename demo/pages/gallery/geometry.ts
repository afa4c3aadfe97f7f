/** Plane geometry that the text detector needs: convex hull, smallest rectangle, filled polygon. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Four corners: top left, top right, bottom right, bottom left, as the text reads. */
export type Quad = readonly [Point, Point, Point, Point];

/** A rectangle at any angle: `axis` is the unit vector along its width. */
export interface RotatedRectangle {
  readonly centre: Point;
  readonly axis: Point;
  readonly width: number;
  readonly height: number;
}

/** The convex hull, counted around (Andrew's monotone chain), without repeated points. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const lower = chain(sorted);
  const upper = chain(sorted.reverse());
  const hull = [...lower.slice(0, -1), ...upper.slice(0, -1)];
  return hull.length > 0 ? hull : sorted.slice(0, 1);
}

/** One side of the hull of points that are sorted along x. */
function chain(sorted: readonly Point[]): Point[] {
  const side: Point[] = [];
  for (const point of sorted) {
    for (;;) {
      const [before, last] = side.slice(-2);
      if (!before || !last || turn(before, last, point) > 0) break;
      side.pop();
    }
    side.push(point);
  }
  return side;
}

/** Twice the signed area of the triangle. */
const turn = (a: Point, b: Point, c: Point) =>
  (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

/**
 * The rectangle of the smallest area around the points. One of its sides lies on the convex hull
 * (Freeman and Shapira, 1975), so the hull's edges are tried one by one.
 */
export function smallestRectangle(points: readonly Point[]): RotatedRectangle {
  const hull = convexHull(points);
  const [first] = hull;
  if (!first) throw new RangeError('there is no rectangle around no points');
  let best: RotatedRectangle = { centre: first, axis: { x: 1, y: 0 }, width: 0, height: 0 };
  let smallest = Number.POSITIVE_INFINITY;
  hull.forEach((from, i) => {
    const to = hull[(i + 1) % hull.length] ?? from;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length === 0) return;
    const axis = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
    const along = range(hull.map((p) => p.x * axis.x + p.y * axis.y));
    const across = range(hull.map((p) => p.y * axis.x - p.x * axis.y));
    const area = (along.max - along.min) * (across.max - across.min);
    if (area >= smallest) return;
    smallest = area;
    const middle = { u: (along.min + along.max) / 2, v: (across.min + across.max) / 2 };
    best = {
      centre: {
        x: middle.u * axis.x - middle.v * axis.y,
        y: middle.u * axis.y + middle.v * axis.x,
      },
      axis,
      width: along.max - along.min,
      height: across.max - across.min,
    };
  });
  return best;
}

function range(values: readonly number[]): { min: number; max: number } {
  return { min: Math.min(...values), max: Math.max(...values) };
}

/** The same rectangle, larger by `distance` on every side. */
export function grow(rectangle: RotatedRectangle, distance: number): RotatedRectangle {
  const { width, height } = rectangle;
  return { ...rectangle, width: width + 2 * distance, height: height + 2 * distance };
}

/** The corners, turned so that the top left one comes first: the rectangle lies within ±45°. */
export function corners({ centre, axis, width, height }: RotatedRectangle): Quad {
  // Of the four directions along the sides, the one that points most to the right is "along".
  const upright = Math.abs(axis.y) > Math.abs(axis.x);
  const flat = upright ? { x: axis.y, y: -axis.x } : axis;
  const along = flat.x < 0 ? { x: -flat.x, y: -flat.y } : flat;
  const [w, h] = upright ? [height / 2, width / 2] : [width / 2, height / 2];
  const corner = (u: number, v: number): Point => ({
    x: centre.x + u * w * along.x - v * h * along.y,
    y: centre.y + u * w * along.y + v * h * along.x,
  });
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

/** The mean of a map's values over the cells whose middle lies in the convex polygon; 0 for none. */
export function meanInside(
  map: ArrayLike<number>,
  width: number,
  height: number,
  polygon: readonly Point[],
): number {
  const rows = range(polygon.map(({ y }) => y));
  let sum = 0;
  let cells = 0;
  const last = Math.min(height - 1, Math.floor(rows.max));
  for (let y = Math.max(0, Math.ceil(rows.min)); y <= last; y++) {
    const crossings = crossingsAt(polygon, y);
    if (crossings.length === 0) continue;
    const { min, max } = range(crossings);
    for (let x = Math.max(0, Math.ceil(min)); x <= Math.min(width - 1, Math.floor(max)); x++) {
      sum += map[y * width + x] ?? 0;
      cells++;
    }
  }
  return cells ? sum / cells : 0;
}

/** Where a horizontal line meets the polygon's edges. */
function crossingsAt(polygon: readonly Point[], y: number): number[] {
  return polygon.flatMap((from, i) => {
    const to = polygon[(i + 1) % polygon.length] ?? from;
    if (y < Math.min(from.y, to.y) || y > Math.max(from.y, to.y)) return [];
    if (from.y === to.y) return [from.x, to.x];
    return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
  });
}
