/** The page "Your model", used as a person would: the example, own files, broken ones, no WebGPU. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../support/onnx-writer.ts';
import {
  accessibilityFindings,
  desktop,
  expectLayout,
  expectNoSidewaysScroll,
  launchBrowser,
  layoutOf,
  layoutText,
  type OpenPage,
  openPage,
  phone,
} from './site.ts';

const digits = resolve(import.meta.dirname, '../../models/lenet5');

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function openExample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'LeNet-5' }).click();
  await page.locator('[data-model="LeNet-5"][data-ready="true"]').waitFor();
}

/** The greatest of the classes in the output card. */
const answered = (page: Page, digit: string) =>
  page.locator(`tr.best[data-class="${digit}"]`).waitFor();

async function dropFiles(
  page: Page,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (given) => {
      const transfer = new DataTransfer();
      for (const { name, bytes } of given) {
        transfer.items.add(new File([Uint8Array.from(bytes)], name));
      }
      return transfer;
    },
    files.map(({ name, bytes }) => ({ name, bytes: [...bytes] })),
  );
  await page.dispatchEvent('main .drop', 'drop', { dataTransfer });
}

const chooseFile = (page: Page, name: string, bytes: Uint8Array) =>
  page
    .locator('[data-model-input]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

describe('the example on the page of models', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage(browser, 'model');
    page = open.page;
    await openExample(page);
  });
  afterAll(() => open?.close());

  it('is described: parameters, a report of every node, its graph', async () => {
    // 61,706 parameters: 156 + 2,416 + 48,120 + 10,164 + 850.
    expect(await page.locator('.facts').textContent()).toContain('61.7 k');
    const report = await page.locator('[data-report] tbody').textContent();
    for (const node of ['C1', 'C3', 'C5', 'F6', 'probabilities']) expect(report).toContain(node);
    expect(report).toMatch(/conv|gemm|im2col/);
    // Its 13 nodes, its input and its output.
    await page.locator('[data-graph] [role="button"]').first().waitFor();
    expect(await page.locator('[data-graph] [role="button"]').count()).toBe(15);
    expect(await page.locator('[data-node="C1"]').textContent()).toMatch(/Conv 5×5.*1×6×28×28/);
  });

  it('reads shipped digits and an own picture', async () => {
    for (const digit of ['3', '8', '7']) {
      await page.getByRole('button', { name: `Digit ${digit}` }).click();
      await answered(page, digit);
    }
    await page.locator('.chooser input[type="file"]').setInputFiles(`${digits}/digits/4-4741.png`);
    await answered(page, '4');
    expect(await page.locator('[data-time]').textContent()).toMatch(/\d (ms|s)/);
  });

  it('takes labels from a text file', async () => {
    const labels = 'zero one two three four five six seven eight nine'.split(' ').join('\n');
    await chooseFile(page, 'labels.txt', new TextEncoder().encode(labels));
    await page.locator('tr.best', { hasText: 'four' }).waitFor();
  });

  it('shows what a node is and what it makes, found with the keyboard', async () => {
    await page.locator('[data-graph] [tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const details = page.locator('[data-details="C1.relu"]');
    await details.locator('canvas[data-drawn]').waitFor();
    expect(await details.locator('[data-tensor]').getAttribute('data-showing')).toBe('maps');
    expect(await details.textContent()).toContain('from 0 to');
    expect(await details.textContent()).toContain('GPU');
    // Fused into the convolution, which is a way to get there.
    await details.getByRole('button', { name: 'C1', exact: true }).first().click();
    await page.locator('[data-details="C1"] canvas[data-drawn]').first().waitFor();
    expect(await page.locator('[data-details="C1"]').textContent()).toContain('6×1×5×5');
  });

  it('is verified against the CPU', async () => {
    await page.locator('[data-verify]').click();
    await page.locator('[data-verdict="ok"]').waitFor();
    expect(await page.locator('[data-verdict]').textContent()).toMatch(/All \d+ checks passed/);
  });

  it('is accessible with all of that open, and keeps its layout', async () => {
    await expectNoSidewaysScroll(page);
    await expectStoredLayout(page, 'desktop');
    expect(await accessibilityFindings(page)).toEqual([]);
  });

  it('takes other sizes, and numbers instead of a picture', async () => {
    await page.getByLabel('N', { exact: true }).fill('2');
    await page.getByRole('button', { name: 'Use these sizes' }).click();
    await page.locator('.input', { hasText: '2×1×28×28' }).waitFor();
    await page.locator('.output', { hasText: '2×10' }).waitFor();
    expect(open.problems).toEqual([]);
  });
});

describe('own files on the page of models', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage(browser, 'model');
    page = open.page;
  });
  afterAll(() => open?.close());

  it('says of a broken file what is wrong', async () => {
    const whole = readFileSync(`${digits}/lenet5.onnx`);
    await dropFiles(page, [{ name: 'cut.onnx', bytes: whole.subarray(0, 900) }]);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('invalid-model');
  });

  it('says of files without a model that there is none', async () => {
    await page.reload();
    await dropFiles(page, [
      { name: 'a.bin', bytes: Uint8Array.of(1) },
      { name: 'b.bin', bytes: Uint8Array.of(2) },
    ]);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('.onnx');
  });

  it('lists every operator that is not supported', async () => {
    const unknown = ['Frobnicate', 'Transmogrify'].map((op, at) => ({
      ...{ op, name: `node${at}`, inputs: ['x'], outputs: [`y${at}`] },
    }));
    const bytes = encodeModel({
      nodes: [...unknown, { op: 'Relu', inputs: ['x'], outputs: ['z'] }],
      inputs: [{ name: 'x', dims: [4] }],
      outputs: ['y0', 'y1', 'z'],
    });
    await chooseFile(page, 'strange.onnx', bytes);
    const rows = page.locator('[data-unsupported] tr');
    await rows.first().waitFor();
    const listed = await rows.allTextContents();
    expect(listed).toHaveLength(2);
    expect(listed.join()).toMatch(/Frobnicate.*node0.*Transmogrify.*node1/);
  });

  it('asks for a file of weights, and opens the model when it comes', async () => {
    const bytes = encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'a'], outputs: ['sum'] }],
      inputs: [{ name: 'x', dims: [3] }],
      outputs: ['sum'],
      initializers: { a: { dims: [3], dataType: 1, external: { location: 'w/net.bin' } } },
    });
    await dropFiles(page, [{ name: 'split.onnx', bytes }]);
    await page.getByText('drop w/net.bin here, too').waitFor();
    const weights = new Uint8Array(Float32Array.of(10, 20, 30).buffer);
    await dropFiles(page, [{ name: 'net.bin', bytes: weights }]);
    await page.locator('[data-model="split.onnx"]').waitFor();
    // Ones in, a + 1 out.
    await page.getByText('Ones', { exact: true }).click();
    await page.locator('.output').getByText('Numbers', { exact: true }).click();
    await page.locator('.numbers li', { hasText: '2 31' }).waitFor();
    expect(await page.locator('.numbers li').allTextContents()).toEqual(['0 11', '1 21', '2 31']);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('has met no error so far', () => {
    expect(open.problems).toEqual([]);
  });
});

describe('the page of models without WebGPU, on a phone, in Korean', () => {
  it('answers, and says why there is nothing to verify', async () => {
    const { page, problems, close } = await openPage(browser, 'model', {
      ...{ withoutWebGpu: true, size: phone, language: 'ko', colours: 'dark' },
    });
    await openExample(page);
    await page.getByRole('button', { name: '숫자 3' }).click();
    await answered(page, '3');
    await page.locator('[data-graph] [data-node="C3"]').click();
    await page.locator('[data-details="C3"] canvas[data-drawn]').first().waitFor();
    expect(await page.locator('[data-verify]').count()).toBe(0);
    await page.getByText('견줄 것이 없습니다').waitFor();
    await expectNoSidewaysScroll(page);
    await expectStoredLayout(page, 'phone');
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});

/** The open page's own layout; that of the empty page is a page's as any other. */
async function expectStoredLayout(page: Page, name: 'desktop' | 'phone'): Promise<void> {
  expect(page.viewportSize()).toEqual(name === 'desktop' ? desktop : phone);
  await page.evaluate(() => scrollTo(0, 0));
  const file = join(import.meta.dirname, 'layout', `model-open-${name}.json`);
  const layout = await layoutOf(page);
  if (process.env.UPDATE_LAYOUT) writeFileSync(file, layoutText(layout));
  expect(existsSync(file), `${file} (UPDATE_LAYOUT=1 writes it)`).toBe(true);
  expectLayout(layout, JSON.parse(readFileSync(file, 'utf8')));
}
