/** The gallery, used as a person would: real networks on the shipped pictures and on own ones. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { accessibilityFindings, expectNoSidewaysScroll, openPage, phone } from './site.ts';

const done = (page: Page, task: string) =>
  page.locator(`[data-task="${task}"][data-done="true"]`).waitFor({ timeout: 80_000 });

/** Peak signal-to-noise ratio in decibels, of bytes. */
function psnr(a: readonly number[], b: readonly number[]): number {
  const squares = a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
  return 10 * Math.log10((255 ** 2 * a.length) / squares);
}

const choose = (page: Page, name: string) => page.getByText(name, { exact: true }).click();

/** Gives the page a picture as a file, and waits for what is computed of it. */
async function upload(page: Page, task: string, name: string, buffer: Buffer): Promise<void> {
  const old = await page.locator('[data-time]').getAttribute('data-time');
  await page.setInputFiles('input[type="file"]', { name, mimeType: 'image/png', buffer });
  await page.locator(`[data-time]:not([data-time="${old}"])`).waitFor({ timeout: 80_000 });
  await done(page, task);
}

/** Text in one of the system's fonts, drawn by the browser. */
async function drawnText(page: Page, lines: readonly string[]): Promise<Buffer> {
  const address = await page.evaluate((words) => {
    const canvas = document.createElement('canvas');
    canvas.width = 360;
    canvas.height = 60 * words.length;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = '#123';
    context.font = '28px sans-serif';
    words.forEach((line, at) => {
      context.fillText(line, 24, 40 + 60 * at);
    });
    return canvas.toDataURL('image/png');
  }, lines);
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}

/** Corners of the marks over the picture, as fractions of it. */
const marks = (page: Page) =>
  page.locator('.marked svg').evaluate((svg) => {
    const { width, height } = (svg as SVGSVGElement).viewBox.baseVal;
    return [...svg.querySelectorAll<SVGGraphicsElement>('.mark')].map((mark) => {
      const box = mark.getBBox();
      return {
        left: box.x / width,
        top: box.y / height,
        right: (box.x + box.width) / width,
        bottom: (box.y + box.height) / height,
      };
    });
  });

const upscalerPackage = resolve(
  import.meta.dirname,
  '../../node_modules/@upscalerjs/default-model',
);
const astronaut = resolve(import.meta.dirname, '../../../shared/data/photos/astronaut.png');

describe('faces', () => {
  it('finds the three drawn people, and the astronaut where she is', async (context) => {
    const { page, problems, close } = await openPage('gallery');
    await done(page, 'faces');
    expect(await page.locator('[data-found]').count()).toBe(3);
    // Their middles, as scripts/gallery/people.ts places them, from the left.
    const found = (await marks(page)).sort((a, b) => a.left - b.left);
    for (const [at, [x, y]] of [
      [170, 215],
      [400, 185],
      [625, 230],
    ].entries()) {
      const mark = found[at];
      if (!mark || x === undefined || y === undefined) throw new Error('a face is missing');
      expect(Math.abs((mark.left + mark.right) / 2 - x / 800)).toBeLessThan(0.03);
      // A face's box reaches from the forehead to the chin: its middle is near the nose.
      expect(Math.abs((mark.top + mark.bottom) / 2 - (y + 27) / 450)).toBeLessThan(0.05);
    }
    expect(await accessibilityFindings(page)).toEqual([]);
    if (existsSync(astronaut)) {
      await upload(page, 'faces', 'astronaut.png', readFileSync(astronaut));
      const [face, ...others] = await marks(page);
      expect(others).toEqual([]);
      // Seen with the eye: from ear to ear and from the hairline to the chin, of 512 × 512.
      expect(Math.abs((face?.left ?? 0) - 175 / 512)).toBeLessThan(0.03);
      expect(Math.abs((face?.right ?? 0) - 275 / 512)).toBeLessThan(0.03);
      expect(Math.abs((face?.top ?? 0) - 75 / 512)).toBeLessThan(0.04);
      expect(Math.abs((face?.bottom ?? 0) - 178 / 512)).toBeLessThan(0.04);
    }
    expect(problems).toEqual([]);
    await close();
    if (!existsSync(astronaut)) context.skip('the photo of ../shared is not there');
  });

  it('answers on the CPU when asked to, and says so', async () => {
    const { page, problems, close } = await openPage('gallery', {
      query: 'backend=cpu',
      size: phone,
      language: 'ko',
      colours: 'dark',
    });
    await page.getByText('GPU 없이는').waitFor();
    await page.getByRole('button', { name: '계산하기' }).click();
    await done(page, 'faces');
    expect(await page.locator('[data-found]').count()).toBe(3);
    await expectNoSidewaysScroll(page);
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});

describe('text', () => {
  it('reads rendered lines, in order', async () => {
    const { page, problems, close } = await openPage('gallery');
    const lines = ['Convolution 2026', 'reads 3.14 letters'];
    const picture = await drawnText(page, lines);
    await choose(page, 'Text');
    await page.locator('[data-task="text"]').waitFor();
    await page.setInputFiles('input[type="file"]', {
      name: 'lines.png',
      mimeType: 'image/png',
      buffer: picture,
    });
    await page.locator('.marked').waitFor();
    // A software adapter is slow: it waits until it is asked.
    await page.getByRole('button', { name: 'Compute' }).click();
    const read = () => page.locator('[data-found]').allTextContents();
    await expect.poll(read, { timeout: 70_000, interval: 200 }).toEqual(lines);
    const boxes = await marks(page);
    expect(boxes.map(({ top }) => top < 0.5)).toEqual([true, false]);
    expect(problems).toEqual([]);
    await close();
  });
});

describe('twice as large', () => {
  it('draws what the package says that its network draws', async () => {
    const { page, problems, close } = await openPage('gallery');
    await choose(page, 'Twice as large');
    await page.locator('[data-task="upscale"] .marked').waitFor();
    await page.getByRole('button', { name: 'Compute' }).click();
    await done(page, 'upscale');
    const drawn = await page.locator('canvas[data-result]').evaluate((element) => {
      const { width, height } = element as HTMLCanvasElement;
      const context = (element as HTMLCanvasElement).getContext('2d');
      return {
        width,
        height,
        data: Array.from(context?.getImageData(0, 0, width, height).data ?? []),
      };
    });
    // The authors' own result; the same with TensorFlow.js is 58.9 dB, stretching it far below.
    const { width, height, data } = PNG.sync.read(
      readFileSync(resolve(upscalerPackage, 'assets/samples/2x/result.png')),
    );
    expect([drawn.width, drawn.height]).toEqual([width, height]);
    expect(psnr(drawn.data, Array.from(data))).toBeGreaterThan(50);
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});
