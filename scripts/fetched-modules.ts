/** Which modules of `dist` a browser fetches while it runs a network of MobileNetV2's operators. */

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { defaultRecipe, findBrowser, launchArguments } from '../src/cli/browser.ts';
import { encodeModel } from '../test/support/onnx-writer.ts';
import { tensorOf, uniform } from '../test/support/random.ts';

/** One inverted residual block and the classifier: every operator that MobileNetV2 has. */
function model(): Uint8Array {
  const clip = (from: string, to: string) => ({
    op: 'Clip',
    inputs: [from, 'zero', 'six'],
    outputs: [to],
  });
  const conv = (from: string, to: string, weight: string, pad = 0, group = 1) => ({
    op: 'Conv',
    inputs: [from, weight],
    outputs: [to],
    attributes: { pads: [pad, pad, pad, pad], group },
  });
  return encodeModel({
    opset: 14,
    nodes: [
      conv('x', 'c0', 'w0', 1),
      clip('c0', 'r0'),
      conv('r0', 'c1', 'w1'),
      clip('c1', 'r1'),
      conv('r1', 'c2', 'w2', 1, 32),
      clip('c2', 'r2'),
      conv('r2', 'c3', 'w3'),
      { op: 'Add', inputs: ['r0', 'c3'], outputs: ['a'] },
      { op: 'AveragePool', inputs: ['a'], outputs: ['p'], attributes: { kernel_shape: [8, 8] } },
      conv('p', 'l', 'w4'),
      { op: 'Reshape', inputs: ['l', 'shape'], outputs: ['f'] },
      { op: 'Softmax', inputs: ['f'], outputs: ['s'], attributes: { axis: -1 } },
      { op: 'Identity', inputs: ['s'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 3, 8, 8] }],
    outputs: ['y'],
    initializers: {
      w0: uniform([16, 3, 3, 3], 1),
      w1: uniform([32, 16, 1, 1], 2),
      w2: uniform([32, 1, 3, 3], 3),
      w3: uniform([16, 32, 1, 1], 4),
      w4: uniform([10, 16, 1, 1], 5),
      zero: tensorOf([], [0]),
      six: tensorOf([], [6]),
      shape: tensorOf([2], [1, 10], 'int64'),
    },
  });
}

/** Module names below `dist`, or undefined where there is no browser to ask. */
export async function fetchedModules(dist: string): Promise<string[] | undefined> {
  const executablePath = await findBrowser();
  if (!executablePath) return undefined;
  const fetched = new Set<string>();
  const bytes = model();
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    const file = join(dist, path);
    if (path === '/model.onnx') response.end(bytes);
    else if (path.endsWith('.js') && existsSync(file)) {
      fetched.add(path.slice(1));
      response.setHeader('content-type', 'text/javascript');
      createReadStream(file).pipe(response);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>size</title>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath,
    args: launchArguments(defaultRecipe()),
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    const sum = await page.evaluate(async () => {
      const { InferenceSession, Tensor } = await import('/index.js' as string);
      const session = await InferenceSession.create('/model.onnx');
      const x = new Tensor('float32', new Float32Array(192).fill(0.5), [1, 3, 8, 8]);
      const { y } = await session.run({ x });
      return y.data.reduce((total: number, value: number) => total + value, 0);
    });
    if (!(Math.abs(sum - 1) < 1e-4)) throw new Error(`the probabilities add up to ${sum}`);
  } finally {
    await browser.close();
    server.close();
  }
  return [...fetched];
}
