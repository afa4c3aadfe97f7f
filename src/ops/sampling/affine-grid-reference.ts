/** The oracle of AffineGrid: grid[n, …, row] = Σ theta[n, row, axis] · place[axis] + theta[n, row, last]. */

import { WgconvError } from '../../core/errors.ts';
import { numbersOf } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { ulp } from '../slack.ts';
import type { AffineGridAttributes } from './grid.ts';

export const affineGridReference: Reference<AffineGridAttributes> = (
  [theta],
  { alignCorners },
  { outputs: [grid] },
) => {
  if (!theta || !grid) throw new WgconvError('missing-input', 'AffineGrid needs theta');
  const map = numbersOf(theta);
  const spatial = grid.dims.slice(1, -1);
  const axes = spatial.length;
  const pixels = sizeOf(spatial);
  const value = new Float64Array(sizeOf(grid.dims));
  const slack = new Float64Array(value.length);
  for (let point = 0; point < value.length / axes; point++) {
    const image = Math.floor(point / pixels);
    // Coordinates of the pixel, x first.
    const place: number[] = [];
    let rest = point % pixels;
    for (const size of [...spatial].reverse()) {
      const at = rest % size;
      rest = Math.floor(rest / size);
      if (!alignCorners) place.push((2 * at + 1) / size - 1);
      else place.push(size === 1 ? 0 : (2 * at) / (size - 1) - 1);
    }
    for (let row = 0; row < axes; row++) {
      const first = (image * axes + row) * (axes + 1);
      let sum = map[first + axes] as number;
      let magnitude = Math.abs(sum);
      place.forEach((coordinate, axis) => {
        sum += (map[first + axis] as number) * coordinate;
        magnitude += Math.abs((map[first + axis] as number) * coordinate);
      });
      value[point * axes + row] = sum;
      // A quotient within 2.5 ulp, its product, and the sums.
      slack[point * axes + row] = magnitude * (3 + axes / 2) * ulp;
    }
  }
  return [{ value, slack }];
};
