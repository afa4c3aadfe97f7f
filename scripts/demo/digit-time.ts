/**
 * How long the digit page takes from a stroke to the answer, maps drawn: builds the site, draws a 3
 * with the mouse again and again, and prints what the page itself measured.
 *
 *     npm run demo:time -- cr-ss
 */

import { chromium, type Page } from 'playwright';
import {
  defaultRecipe,
  findOrInstallBrowser,
  launchArguments,
  recipes,
} from '../../src/cli/browser.ts';
import { serveSite } from './site.ts';
import { three } from './three.ts';

const rounds = 12;

const recipe = recipes.find((name) => name === process.argv[2]) ?? defaultRecipe();
const site = await serveSite();
const browser = await chromium.launch({
  executablePath: await findOrInstallBrowser(console.error),
  args: launchArguments(recipe),
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${site.address}#/digit`);
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
  await site.close();
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
    await move(three[0]);
    await page.mouse.down();
    for (const point of three.slice(1)) {
      await move(point, 2);
      await page.waitForTimeout(120);
      const time = page.locator('[data-time]');
      if ((await time.count()) > 0) times.push(Number(await time.getAttribute('data-time')));
    }
    await page.mouse.up();
  }
  return times.sort((a, b) => a - b);
}
