/** The 1989 zip-code network: its input, its structure on values worked out by hand, its weights. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { H2_CONNECTIONS } from '../../../models/zip1989/connections.ts';
import { ZIP_SIZE, zipInput } from '../../../models/zip1989/input.ts';
import { zip1989 } from '../../../models/zip1989/network.ts';
import {
  type Digits,
  digitImage,
  loadDigits,
  PIXELS,
  SIZE,
  splitDigits,
} from '../../../scripts/digits/digits.ts';
import { evaluate, squaredError } from '../../../scripts/digits/evaluation.ts';
import { runLayers } from '../../../scripts/digits/layers-runner.ts';
import { ZIP1989 } from '../../../scripts/zip1989/network.ts';
import { InferenceSession, Tensor } from '../../../src/index.ts';
import { type LayersModel, model, type SymbolicTensor } from '../../../src/layers/index.ts';
import { expectSameAnswers } from '../../support/digit-scores.ts';
import { layerParameters } from '../../support/layer-parameters.ts';
import { runTensorflow } from '../../support/tensorflow.ts';

const MODELS = new URL('../../../models/zip1989/', import.meta.url);

/** A picture with ink where `isInk` says. */
function picture(isInk: (x: number, y: number) => boolean): Float32Array {
  return Float32Array.from({ length: PIXELS }, (_, i) =>
    Number(isInk(i % SIZE, Math.floor(i / SIZE))),
  );
}

describe('input', () => {
  it('is background everywhere for an empty picture', () => {
    expect(zipInput(new Float32Array(PIXELS))).toEqual(new Float32Array(256).fill(-1));
  });

  it('is ink everywhere for a square of any size at any place', () => {
    const square = (left: number, top: number, side: number) =>
      picture((x, y) => x >= left && x < left + side && y >= top && y < top + side);
    for (const ink of [square(4, 4, 20), square(0, 12, 16), square(20, 3, 8)]) {
      for (const value of zipInput(ink)) expect(value).toBeCloseTo(1, 6);
    }
  });

  // A stroke of 1×20 pixels: steps of 1.25 pixels; it lies at 9.5 to 10.5 of 20, half a pixel each in
  // columns 7 and 8, which are 1.25 wide: 0.4 of their ink, 2 · 0.4 − 1 = −0.2. At the picture's
  // border, the square around it sticks out.
  it.each([0, 13, 27])('puts a vertical stroke at column %i in the middle', (column) => {
    const input = zipInput(picture((x, y) => x === column && y >= 4 && y < 24));
    for (let y = 0; y < ZIP_SIZE; y++) {
      const row = Array.from(input.subarray(y * ZIP_SIZE, (y + 1) * ZIP_SIZE));
      row.forEach((value, x) => {
        expect(value, `(${x}, ${y})`).toBeCloseTo(x === 7 || x === 8 ? -0.2 : -1, 6);
      });
    }
  });

  it('keeps proportions', () => {
    const input = zipInput(picture((x, y) => x >= 3 && x < 23 && y >= 10 && y < 15));
    const ink = Array.from({ length: ZIP_SIZE }, (_, y) => input[y * ZIP_SIZE]);
    // A bar of 20×5 is 16×4, in the middle rows 6 to 9.
    const expected = Array.from({ length: ZIP_SIZE }, (_, y) => (y >= 6 && y < 10 ? 1 : -1));
    ink.forEach((value, y) => {
      expect(value, `row ${y}`).toBeCloseTo(expected[y] ?? Number.NaN, 6);
    });
  });
});

describe('structure', () => {
  it('has the parameters of the paper, layer by layer', () => {
    const net = zip1989();
    expect(layerParameters(net)).toEqual([
      ['H1', 1068],
      ['H2', 2592],
      ['H3', 5790],
      ['output', 310],
    ]);
    expect(net.countParams()).toBe(9760);
  });

  it('connects each map of H2 to 8 of H1, and each of H1 to 8 of H2', () => {
    expect(H2_CONNECTIONS).toHaveLength(12);
    for (const seen of H2_CONNECTIONS) expect(new Set(seen).size).toBe(8);
    for (let map = 0; map < 12; map++) {
      expect(H2_CONNECTIONS.filter((seen) => seen.includes(map))).toHaveLength(8);
    }
    expect(H2_CONNECTIONS[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(H2_CONNECTIONS[4]).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(H2_CONNECTIONS[11]).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
  });

  it('takes the background from beyond the border', async () => {
    const net = zip1989();
    setAll(net, { 'H1/kernel': () => 0.1 });
    const h1 = await maps(net, 'H1', new Float32Array(256).fill(1));
    // Of 25 inputs in the first corner 9 are ink and 16 background: 0.1 · (9 − 16); at the edge 15 and
    // 10. The last window begins at row 12 and has 4 of its 5 rows
    // within the picture, so in the last corner 16 are ink and 9 background.
    expect(h1(0, 0, 3)).toBeCloseTo(scaledTanh(-0.7), 6);
    expect(h1(0, 1, 3)).toBeCloseTo(scaledTanh(0.5), 6);
    expect(h1(4, 4, 3)).toBeCloseTo(scaledTanh(2.5), 6);
    expect(h1(7, 7, 3)).toBeCloseTo(scaledTanh(0.1 * (16 - 9)), 6);
  });

  it('has a bias for each unit', async () => {
    const net = zip1989();
    setAll(net, { 'H1/bias': (i) => i / 768 });
    const h1 = await maps(net, 'H1', new Float32Array(256));
    for (const [y, x, map] of [
      [0, 0, 1],
      [2, 5, 7],
      [7, 7, 11],
    ] as const) {
      expect(h1(y, x, map)).toBeCloseTo(scaledTanh(((y * 8 + x) * 12 + map) / 768), 6);
    }
  });

  it('sums over the eight maps that are seen, each with its own filter', async () => {
    const net = zip1989();
    // Each map of H1 is constant; the filter of the s-th map that is seen is (s + 1) / 2000.
    const state = (map: number) => scaledTanh((map - 4) / 10);
    setAll(net, {
      'H1/bias': (i) => ((i % 12) - 4) / 10,
      'H2/kernel': (i) => ((Math.floor(i / 12) % 8) + 1) / 2000,
    });
    const h2 = await maps(net, 'H2', new Float32Array(256));
    const sees: Readonly<Record<number, readonly number[]>> = {
      0: [0, 1, 2, 3, 4, 5, 6, 7],
      5: [4, 5, 6, 7, 8, 9, 10, 11],
      10: [0, 1, 2, 3, 8, 9, 10, 11],
    };
    for (const [map, seen] of Object.entries(sees)) {
      const sum = (inside: number): number =>
        seen.reduce((total, from, s) => {
          const filter = (s + 1) / 2000;
          return total + filter * (inside * state(from) - (25 - inside));
        }, 0);
      expect(h2(1, 1, Number(map)), `map ${map}`).toBeCloseTo(scaledTanh(sum(25)), 5);
      expect(h2(0, 0, Number(map)), `map ${map}, corner`).toBeCloseTo(scaledTanh(sum(9)), 5);
    }
  });
});

describe('stored weights', () => {
  let digits: Digits;
  let net: LayersModel;
  beforeAll(() => {
    digits = loadDigits();
    net = zip1989();
    net.loadSafetensors(readFileSync(new URL('weights.safetensors', MODELS)));
  });

  it("give what TensorFlow.js's forward pass gives", async () => {
    const indices = splitDigits(digits).heldOut.subarray(0, 20);
    const pictures = Array.from(indices, (index) => digitImage(digits, index));
    const found = await runLayers(net, ZIP1989.place, pictures, { backend: 'cpu' });
    expectSameAnswers(found, await runTensorflow(ZIP1989, net, pictures), 1e-5);
  }, 60_000);

  it('miss at most the 5 % of the paper, and as many held-out digits as the page says', async () => {
    const { heldOut } = splitDigits(digits);
    const pictures = Array.from(heldOut, (index) => digitImage(digits, index));
    const scores = await runLayers(net, ZIP1989.place, pictures, { backend: 'cpu' });
    const { correct, count } = evaluate(digits, heldOut, scores, squaredError);
    expect(count).toBe(1000);
    expect(1 - correct / count).toBeLessThanOrEqual(0.05);
    const page = readFileSync(new URL('README.md', MODELS), 'utf8');
    expect(page).toContain(`${correct} of the 1,000 held-out digits`);
  }, 60_000);
});

function scaledTanh(x: number): number {
  return 1.7159 * Math.tanh((2 / 3) * x);
}

/** Sets the weights that are named, by the element's place, and all others to zero. */
function setAll(net: LayersModel, values: Readonly<Record<string, (i: number) => number>>): void {
  net.setWeights(
    net.weights.map(({ name, size }) =>
      Float32Array.from({ length: size }, (_, i) => values[name]?.(i) ?? 0),
    ),
  );
}

/** The maps of a layer for one input, by row, column and map. */
async function maps(net: LayersModel, layer: string, input: Float32Array) {
  let output = net.outputs[0] as SymbolicTensor;
  while (output.layer.name !== layer) output = output.inputs[0] as SymbolicTensor;
  const part = model({ inputs: net.inputs, outputs: output });
  const session = await InferenceSession.create(await part.toGraph(), { backend: 'cpu' });
  const { [layer]: found } = await session.run({
    H1_input: new Tensor('float32', input, [1, ZIP_SIZE, ZIP_SIZE, 1]),
  });
  const [, , width = 0, count = 0] = found?.dims ?? [];
  return (y: number, x: number, map: number) => Number(found?.data[(y * width + x) * count + map]);
}
