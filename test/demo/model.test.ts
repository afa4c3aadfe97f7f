/** The page "Your model", used as a person would: the example, own files, broken ones, no WebGPU. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Locator, Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../support/onnx-writer.ts';
import {
  accessibilityFindings,
  desktop,
  expectLayout,
  expectNoSidewaysScroll,
  layoutOf,
  layoutText,
  type OpenPage,
  openPage,
  phone,
} from './site.ts';

/** Optional; its weights are constants that the model makes. */
const resnet50 = resolve(
  import.meta.dirname,
  '../../../shared/models/onnx-light/light_resnet50.onnx',
);
const digits = resolve(import.meta.dirname, '../../models/lenet5');

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

/** Different colours on a canvas as it is seen. */
async function coloursOf(canvas: Locator): Promise<number> {
  const { data } = PNG.sync.read(await canvas.screenshot());
  return new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4)).size;
}

const chooseFile = (page: Page, name: string, bytes: Uint8Array) =>
  page
    .locator('[data-model-input]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

describe('the example on the page of models', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage('model');
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
    expect(await coloursOf(details.locator('canvas'))).toBeGreaterThan(20);
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

  it('is timed node by node', async () => {
    await page.locator('[data-measure]').click();
    await page.locator('[data-profile]').waitFor({ timeout: 60_000 });
    const bars = await page.locator('.bars li').allTextContents();
    for (const node of ['C1', 'C3', 'F6']) expect(bars.join()).toContain(node);
    expect(bars.every((bar) => /\d (µs|ms|s)/.test(bar))).toBe(true);
  });

  it('is accessible with all of that open, and keeps its layout', async () => {
    await expectNoSidewaysScroll(page);
    await expectStoredLayout(page, 'desktop');
    expect(await accessibilityFindings(page)).toEqual([]);
  });

  it('follows the camera', async () => {
    // A camera that shows a 3: a canvas that is drawn again and again, as a camera's picture is.
    await page.evaluate(
      async (url) => {
        const bitmap = await createImageBitmap(await (await fetch(url)).blob());
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [280, 280];
        const context = canvas.getContext('2d');
        setInterval(() => context?.drawImage(bitmap, 0, 0, 280, 280), 50);
        navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
      },
      `data:image/png;base64,${readFileSync(`${digits}/digits/3-3879.png`, 'base64')}`,
    );
    await page.getByRole('button', { name: 'Camera' }).click();
    await answered(page, '3');
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await page.getByText('Running live').waitFor({ state: 'detached' });
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
    open = await openPage('model');
    page = open.page;
  });
  afterAll(() => open?.close());

  it('says of a broken file what is wrong', async () => {
    const whole = readFileSync(`${digits}/lenet5.onnx`);
    await dropFiles(page, [{ name: 'cut.onnx', bytes: whole.subarray(0, 900) }]);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/invalid-model.*truncated or damaged/s);
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

  it('opens a Keras model with its shards', async () => {
    // 2x2 sums of a picture of 2x2, once and three times: one shard for the kernel and one for both.
    const layer = {
      class_name: 'Conv2D',
      config: {
        ...{ name: 'sums', batch_input_shape: [null, 4, 4, 1], dtype: 'float32' },
        ...{ filters: 1, kernel_size: [2, 2], strides: [2, 2], padding: 'valid' },
        ...{ activation: 'linear', use_bias: true },
      },
    };
    const json = {
      format: 'layers-model',
      modelTopology: {
        ...{ keras_version: '2.4.0', backend: 'tensorflow' },
        model_config: { class_name: 'Sequential', config: { name: 'net', layers: [layer] } },
      },
      weightsManifest: [
        {
          paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
          weights: [
            { name: 'sums/kernel', shape: [2, 2, 1, 1], dtype: 'float32' },
            { name: 'sums/bias', shape: [1], dtype: 'float32' },
          ],
        },
      ],
    };
    const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
    await dropFiles(page, [
      { name: 'group1-shard1of2.bin', bytes: floats(1, 1, 1) },
      { name: 'group1-shard2of2.bin', bytes: floats(1, 0.5) },
      { name: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(json)) },
    ]);
    await page.locator('[data-model="model.json"]').waitFor();
    await page.getByText('Ones', { exact: true }).click();
    await page.locator('.output').getByText('Numbers', { exact: true }).click();
    await page.locator('.numbers li', { hasText: '3 4.5' }).waitFor();
    expect(await page.locator('.numbers li').allTextContents()).toEqual([
      '0 4.5',
      '1 4.5',
      '2 4.5',
      '3 4.5',
    ]);
  });

  it.skipIf(!existsSync(resnet50))('draws the graph of ResNet-50 beside the page', async () => {
    await page.locator('[data-model-input]').setInputFiles(resnet50);
    await page.locator('[data-model="light_resnet50.onnx"]').waitFor({ timeout: 80_000 });
    const boxes = page.locator('[data-graph] [role="button"]');
    await boxes.first().waitFor({ timeout: 60_000 });
    // 176 nodes (53 convolutions and batch normalisations, 49 activations, 16 sums, …), input, output.
    expect(await boxes.count()).toBe(178);
    await page.getByRole('button', { name: 'Show all' }).first().click();
    const last = await boxes.last().boundingBox();
    const view = await page.locator('[data-graph]').boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThan((view?.y ?? 0) + (view?.height ?? 0));
  });

  it('has met no error so far', () => {
    expect(open.problems).toEqual([]);
  });
});

it('keeps the graph in sight when the window becomes narrow', async () => {
  const { page, close } = await openPage('model');
  await openExample(page);
  const first = page.locator('[data-graph] [role="button"]').first();
  await first.waitFor();
  await page.setViewportSize(phone);
  const middle = async () => {
    const box = await first.boundingBox();
    return box ? box.x + box.width / 2 : 0;
  };
  await expect.poll(middle).toBeGreaterThan(0.4 * phone.width);
  await expect.poll(middle).toBeLessThan(0.6 * phone.width);
  await close();
});

describe('the page of models without WebGPU, on a phone, in Korean', () => {
  it('answers, and says why there is nothing to verify', async () => {
    const { page, problems, close } = await openPage('model', {
      ...{ withoutWebGpu: true, size: phone, language: 'ko', colours: 'dark' },
    });
    await openExample(page);
    await page.getByRole('button', { name: '숫자 3' }).click();
    await answered(page, '3');
    await page.locator('[data-graph] [data-node="C3"]').click();
    // What the node makes, and its filters.
    await page.locator('[data-details="C3"] canvas[data-drawn]').nth(1).waitFor();
    expect(await page.locator('[data-verify]').count()).toBe(0);
    await page.getByText('비교할 것이 없습니다').waitFor();
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
