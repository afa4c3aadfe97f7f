/** The multilayer perceptron: its parameters, and its weights on the digits held out from training. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lenet5 } from '../../../models/lenet5/network.ts';
import { mlp } from '../../../models/mlp/network.ts';
import {
  type Digits,
  digitImage,
  loadDigits,
  splitDigits,
} from '../../../scripts/digits/digits.ts';
import { evaluate } from '../../../scripts/digits/evaluation.ts';
import { runLayers } from '../../../scripts/digits/layers-runner.ts';
import { MLP } from '../../../scripts/mlp/network.ts';
import type { LayersModel } from '../../../src/layers/index.ts';
import { expectSameAnswers } from '../../support/digit-scores.ts';
import { runTensorflow } from '../../support/tensorflow.ts';

const MODELS = new URL('../../../models/mlp/', import.meta.url);

function stored(file: string): LayersModel {
  const net = mlp();
  net.loadSafetensors(readFileSync(new URL(file, MODELS)));
  return net;
}

describe('multilayer perceptron', () => {
  let digits: Digits;
  beforeAll(() => {
    digits = loadDigits();
  });

  it('has about as many parameters as LeNet-5', () => {
    // 784 · 72 + 72, 72 · 62 + 62, 62 · 10 + 10
    expect(mlp().countParams()).toBe(56_520 + 4526 + 630);
    expect(mlp().countParams() - lenet5().countParams()).toBe(-30);
  });

  it("gives what TensorFlow.js's forward pass gives", async () => {
    const indices = splitDigits(digits).heldOut.subarray(0, 20);
    const pictures = Array.from(indices, (index) => digitImage(digits, index));
    const net = stored('weights.safetensors');
    const found = await runLayers(net, MLP.place, pictures, { backend: 'cpu' });
    expectSameAnswers(found, await runTensorflow(MLP, net, pictures), 1e-5);
  }, 60_000);

  it.each([
    { file: 'weights.safetensors', training: 'augmented' },
    { file: 'plain.safetensors', training: 'plain' },
  ])(
    'knows as many held-out digits as the page says ($training)',
    async ({ file, training }) => {
      const { heldOut } = splitDigits(digits);
      const pictures = Array.from(heldOut, (index) => digitImage(digits, index));
      const scores = await runLayers(stored(file), MLP.place, pictures, { backend: 'cpu' });
      const { correct, count } = evaluate(digits, heldOut, scores);
      expect(count).toBe(1000);
      const page = readFileSync(new URL('README.md', MODELS), 'utf8');
      expect(page).toMatch(new RegExp(`^\\| \`${file}\` \\|.*\\| ${correct} of 1,000 `, 'm'));
      expect(correct, training).toBeGreaterThanOrEqual(950);
    },
    60_000,
  );
});
