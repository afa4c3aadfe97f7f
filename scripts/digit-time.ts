/**
 * How long the digit page takes from a stroke to the answer, maps drawn: builds the site, draws a 3
 * with the mouse again and again, and prints what the page itself measured.
 *
 *     npm run demo:time -- cr-ss
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Page } from 'playwright';
import { build, preview } from 'vite';
import {
  defaultRecipe,
  findOrInstallBrowser,
  launchArguments,
  recipes,
} from '../src/cli/browser.ts';

const rounds = 12;
/** A stroke's points, as shares of the pad's side. */
const points = [
  ...([
    [0.3, 0.25],
    [0.45, 0.17],
    [0.62, 0.22],
    [0.64, 0.36],
    [0.46, 0.47],
  ] as const),
  ...([
    [0.65, 0.58],
    [0.66, 0.74],
    [0.5, 0.84],
    [0.3, 0.76],
  ] as const),
] as const;

const recipe = recipes.find((name) => name === process.argv[2]) ?? defaultRecipe();
const configFile = resolve(import.meta.dirname, '../demo/vite.config.ts');
const outDir = mkdtempSync(join(tmpdir(), 'wgconv-site-'));
await build({ configFile, logLevel: 'error', build: { outDir, reportCompressedSize: false } });
const server = await preview({
  ...{ configFile, logLevel: 'error', build: { outDir } },
  preview: { port: 0, host: 'localhost', open: false },
});
const browser = await chromium.launch({
  executablePath: await findOrInstallBrowser(console.error),
  args: launchArguments(recipe),
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${server.resolvedUrls?.local[0]}#/digit`);
  await page.locator('[data-ready="true"]').waitFor({ timeout: 60_000 });
  const note = await page.locator('[data-backend]').first().textContent();
  const times = await measure(page);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]?.toFixed(1);
  console.log(
    `${note?.trim()}\n${times.length} answers: median ${at(0.5)} ms, 90 % within ${at(0.9)} ms, ` +
      `fastest ${at(0)} ms, slowest ${at(1)} ms`,
  );
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true });
}

/** Milliseconds of every answer that the page showed, in ascending order. */
async function measure(page: Page): Promise<number[]> {
  const box = await page.locator('#pad').boundingBox();
  if (!box) throw new Error('the page has no drawing area');
  const move = ([x, y]: readonly [number, number], steps = 1) =>
    page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await page.click('#clear');
    await move(points[0] ?? [0, 0]);
    await page.mouse.down();
    for (const point of points.slice(1)) {
      await move(point, 2);
      await page.waitForTimeout(120);
      const time = page.locator('[data-time]');
      if ((await time.count()) > 0) times.push(Number(await time.getAttribute('data-time')));
    }
    await page.mouse.up();
  }
  return times.sort((a, b) => a - b);
}
