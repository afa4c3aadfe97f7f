/**
 * Draws the pictures that the gallery ships, so that nobody's licence and nobody's face is in them:
 * `npm run draw:gallery` writes demo/pages/gallery/pictures/. The fonts are the system's DejaVu and
 * Liberation (both free); with others the sign looks different, and so it is kept as pixels.
 */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { people } from './people.ts';
import { sign } from './sign.ts';

const folder = resolve(import.meta.dirname, '../../demo/pages/gallery/pictures');
for (const [name, svg] of Object.entries({ people: people(), sign: sign() })) {
  const image = new Resvg(svg, { font: { loadSystemFonts: true } }).render();
  const file = resolve(folder, `${name}.png`);
  writeFileSync(file, image.asPng());
  console.log(`${file}: ${image.width} × ${image.height}`);
}
