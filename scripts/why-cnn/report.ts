/**
 * `npm run report:why-cnn`: measures LeNet-5 and the multilayer perceptron on digits that are shifted,
 * turned and scaled, and writes docs/why-cnn.md and its charts.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { toPng } from '../../bench/chart.ts';
import { digitImage, loadDigits, splitDigits } from '../digits/digits.ts';
import { prepareTensorflow } from '../digits/train-command.ts';
import { measure } from './measure.ts';
import { contestants } from './networks.ts';
import { accuracyChart, reportPage } from './page.ts';
import { SERIES } from './series.ts';
import { digitStrip } from './strip.ts';

const DOCS = new URL('../../docs/', import.meta.url);

await prepareTensorflow();
const digits = loadDigits();
const { heldOut } = splitDigits(digits);
const results = measure(await contestants(), digits, heldOut);
const [first = 0] = heldOut;

const charts = new URL('why-cnn/', DOCS);
await rm(charts, { recursive: true, force: true });
await mkdir(charts, { recursive: true });
for (const series of SERIES) {
  const svg = accuracyChart(results, series);
  await writeFile(new URL(`${series.name}.svg`, charts), svg);
  await writeFile(new URL(`${series.name}.png`, charts), toPng(svg));
  const strip = digitStrip(digitImage(digits, first), series);
  await writeFile(new URL(`${series.name}-digit.png`, charts), strip);
}
await writeFile(new URL('why-cnn.md', DOCS), reportPage(results));
console.log('Wrote docs/why-cnn.md');
