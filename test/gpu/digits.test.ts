/// <reference types="vite/client" />
/**
 * The stored digit networks on the GPU: of all digits held out from training, as many right as their
 * pages say, and of shifted ones as many as the report says.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import report from '../../docs/why-cnn.md?raw';
import lenet5Url from '../../models/lenet5/lenet5.onnx?url&inline';
import { lenet5, loadLenet5 } from '../../models/lenet5/network.ts';
import plainLenet5Url from '../../models/lenet5/plain.onnx?url&inline';
import lenet5Page from '../../models/lenet5/README.md?raw';
import { mlp } from '../../models/mlp/network.ts';
import plainMlpUrl from '../../models/mlp/plain.safetensors?url&inline';
import mlpPage from '../../models/mlp/README.md?raw';
import mlpUrl from '../../models/mlp/weights.safetensors?url&inline';
import { zipInput } from '../../models/zip1989/input.ts';
import { zip1989 } from '../../models/zip1989/network.ts';
import zip1989Page from '../../models/zip1989/README.md?raw';
import zip1989Url from '../../models/zip1989/weights.safetensors?url&inline';
import { transformImage } from '../../scripts/digits/augmentation.ts';
import {
  type Digits,
  digitImage,
  loadDigits,
  PIXELS,
  SIZE,
  splitDigits,
} from '../../scripts/digits/digits.ts';
import { evaluate } from '../../scripts/digits/evaluation.ts';
import { runLayers } from '../../scripts/digits/layers-runner.ts';
import { SERIES } from '../../scripts/why-cnn/series.ts';
import type { LayersModel } from '../../src/layers/index.ts';

let digits: Digits;
let heldOut: Uint32Array;
beforeAll(() => {
  digits = loadDigits();
  heldOut = splitDigits(digits).heldOut;
});

async function bytes(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

async function storedLenet5(url: string): Promise<LayersModel> {
  const net = lenet5();
  await loadLenet5(net, await bytes(url));
  return net;
}

async function stored(net: LayersModel, url: string): Promise<LayersModel> {
  net.loadSafetensors(await bytes(url));
  return net;
}

const same = (picture: Float32Array, target: Float32Array) => target.set(picture);
const zip = (picture: Float32Array, target: Float32Array) => target.set(zipInput(picture));

async function correct(
  net: LayersModel,
  place: typeof same,
  change = (picture: Float32Array) => picture,
): Promise<number> {
  const pictures = Array.from(heldOut, (index) => change(digitImage(digits, index)));
  return evaluate(digits, heldOut, await runLayers(net, place, pictures, {})).correct;
}

describe('all held-out digits', () => {
  it('LeNet-5', async () => {
    const count = await correct(await storedLenet5(lenet5Url), same);
    expect(lenet5Page).toContain(`of the 1,000 held-out digits (${count};`);
  });

  it('the 1989 network', async () => {
    const count = await correct(await stored(zip1989(), zip1989Url), zip);
    expect(zip1989Page).toContain(`${count} of the 1,000 held-out digits`);
  });

  it('the multilayer perceptron', async () => {
    const count = await correct(await stored(mlp(), mlpUrl), same);
    expect(mlpPage).toContain(`LeNet-5's \`lenet5.onnx\` | ${count} of 1,000`);
  });
});

it('of digits shifted by two pixels LeNet-5 and the perceptron know what the report says', async () => {
  const shift = SERIES.find(({ name }) => name === 'shift');
  const transforms = shift?.transforms(2) ?? [];
  expect(transforms).toHaveLength(4);
  const percents: string[] = [];
  for (const net of [await storedLenet5(plainLenet5Url), await stored(mlp(), plainMlpUrl)]) {
    let known = 0;
    for (const transform of transforms) {
      known += await correct(net, same, (picture) => {
        const target = new Float32Array(PIXELS);
        transformImage(picture, SIZE, transform, target);
        return target;
      });
    }
    percents.push(((100 * known) / (transforms.length * heldOut.length)).toFixed(1));
  }
  expect(report).toContain(`\n| 2 | ${percents.join(' | ')} |`);
});
