/** A short seeded run of `npm run fuzz` without a GPU; and its judge, which must notice faults. */

import { describe, expect, it } from 'vitest';
import { elementsOf, type HostTensor } from '../../../src/core/tensor.ts';
import type { FuzzCase } from '../../fuzz/draft.ts';
import { difference, expectationsOf } from '../../fuzz/expectation.ts';
import { fuzz } from '../../fuzz/fuzz.ts';
import { judge } from '../../fuzz/judge.ts';
import { runOnnxruntime } from '../../fuzz/onnxruntime.ts';
import { caseOf, type Recipe } from '../../fuzz/recipe.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf, uniform } from '../../support/random.ts';

describe('random graphs', () => {
  it('give the same on the cpu backend and on onnxruntime', async () => {
    const opinions = { webgpu: false, onnxruntime: runOnnxruntime };
    const { found, tally } = await fuzz({ seed: 7, graphs: 100, opinions });
    expect(found?.note).toBeUndefined();
    expect(tally.graphs).toBeGreaterThan(80);
    expect(tally.outcomes.agree).toBeGreaterThan(70);
    expect(Object.keys(tally.operators).length).toBeGreaterThan(50);
  }, 60_000);

  it('are the same for the same recipe', () => {
    const recipe: Recipe = {
      steps: [
        { family: 9, choices: [5, 4, 3, 2, 1] },
        { family: 12, choices: [8, 8, 8] },
      ],
      ...{ opset: 21, seed: 3 },
    };
    expect(caseOf(recipe)?.model).toEqual(caseOf(recipe)?.model);
    expect(caseOf(recipe)?.nodes.length).toBe(2);
  });

  it.each([
    [['NonZero', 'Compress', 'Unique', 'NonMaxSuppression'], 100],
    [['If', 'Loop', 'Constant'], 25],
    [['Upsample', 'Scatter'], 60],
    [['Resize'], 30],
  ])(
    'of %s reach the comparison',
    async (only, graphs) => {
      const opinions = { webgpu: false, onnxruntime: runOnnxruntime };
      const { found, tally } = await fuzz({ seed: 7, graphs, only, opinions });
      expect(found?.note).toBeUndefined();
      for (const op of only) expect(tally.operators[op], op).toBeGreaterThan(2);
    },
    60_000,
  );

  it('shrink to the node that is wrong', async () => {
    // An opinion that is wrong about one operator alone.
    const onnxruntime = async (fuzzCase: FuzzCase) => {
      const outputs = await runOnnxruntime(fuzzCase);
      const isHit = fuzzCase.nodes.some(({ op }) => op === 'Tile');
      return isHit
        ? new Map([...outputs].map(([name, tensor]) => [name, spoilt(tensor)]))
        : outputs;
    };
    const opinions = { webgpu: false, onnxruntime };
    const options = { seed: 7, graphs: 60, only: ['Tile', 'Concat', 'Transpose'], opinions };
    const { found } = await fuzz(options);
    expect(found?.note).toMatch(/^onnxruntime: /);
    const smallest = found?.recipe && caseOf(found.recipe, options.only);
    expect(smallest?.nodes.map(({ op }) => op)).toEqual(['Tile']);
  }, 60_000);
});

/** The first element is something else. */
function spoilt({ type, dims, bytes }: HostTensor): HostTensor {
  return { type, dims, bytes: bytes.map((byte, index) => (index < 4 ? byte ^ 0x41 : byte)) };
}

function caseFor(
  nodes: FuzzCase['nodes'],
  feeds: Readonly<Record<string, HostTensor>>,
  output: string,
): FuzzCase {
  const inputs = Object.entries(feeds).map(([name, { type, dims }]) => ({ name, type, dims }));
  return {
    model: encodeModel({ nodes, inputs, outputs: [output] }),
    ...{ feeds: new Map(Object.entries(feeds)), opset: 17, nodes },
    ...{ types: new Map(), constants: new Map() },
  };
}

describe('what may differ', () => {
  const nodes = [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
    { op: 'Exp', inputs: ['c'], outputs: ['y'] },
  ];
  const feeds = { x: uniform([1, 3, 5, 5], 1), w: uniform([2, 3, 3, 3], 2) };

  it('is rounding, not one wrong weight', async () => {
    const right = caseFor(nodes, feeds, 'y');
    const expected = (await expectationsOf(right)).outputs[0];
    if (!expected) throw new Error('no output');
    const own = await runOnnxruntime(right);
    expect(difference(expected, own.get('y') as HostTensor)).toBeUndefined();
    const weights = Float32Array.from(elementsOf(feeds.w) as Float32Array);
    weights[0] = (weights[0] as number) + 1e-3;
    const w = tensorOf([2, 3, 3, 3], [...weights]);
    const wrong = await runOnnxruntime(caseFor(nodes, { x: feeds.x, w }, 'y'));
    expect(difference(expected, wrong.get('y') as HostTensor)).toMatch(/^y\[\d+\] is /);
  });

  it('is much after a difference of nearly equal numbers, and nothing after movement', async () => {
    const ones = uniform([4], 3);
    const cancelling = caseFor(
      [
        { op: 'Exp', inputs: ['a'], outputs: ['e'] },
        { op: 'Exp', inputs: ['b'], outputs: ['f'] },
        { op: 'Sub', inputs: ['e', 'f'], outputs: ['d'] },
        { op: 'Div', inputs: ['d', 'g'], outputs: ['y'] },
      ],
      { a: ones, b: ones, g: tensorOf([1], [1e-6]) },
      'y',
    );
    const [output] = (await expectationsOf(cancelling)).outputs;
    // exp is off by some 1e-7, the division makes it a million times that.
    for (const tolerance of output?.tolerance ?? []) expect(tolerance).toBeGreaterThan(0.05);
    const moving = caseFor(
      [{ op: 'Transpose', inputs: ['x'], outputs: ['y'] }],
      { x: feeds.x },
      'y',
    );
    const [moved] = (await expectationsOf(moving)).outputs;
    expect(moved?.tolerance.every((tolerance) => tolerance === 0)).toBe(true);
  });

  it('is a rounding to the nearest integer where a tie is near', async () => {
    const rounding = caseFor(
      [
        { op: 'Mul', inputs: ['x', 'k'], outputs: ['p'] },
        { op: 'Round', inputs: ['p'], outputs: ['y'] },
      ],
      { x: tensorOf([2], [0.1, 0.3]), k: tensorOf([1], [5]) },
      'y',
    );
    const [output] = (await expectationsOf(rounding)).outputs;
    // 0.1 in float32 times 5 is a hair above 0.5; 1.5 is a tie as well, and 1.5000000447 is not 1.
    const one = (value: number) => tensorOf([2], [value, 2]);
    if (!output) throw new Error('no output');
    expect(difference(output, one(0))).toBeUndefined();
    expect(difference(output, one(1))).toBeUndefined();
    // Four times the jump is more than any rounding makes.
    expect(difference(output, one(9))).toMatch(/^y\[0\] is 9/);
  });

  it('is something at every element, although roundings of one size may cancel', async () => {
    const fuzzCase = caseFor(
      [
        { op: 'Mul', inputs: ['x', 'w'], outputs: ['p'] },
        { op: 'Neg', inputs: ['p'], outputs: ['n'] },
        { op: 'Mul', inputs: ['n', 'w'], outputs: ['q'] },
        { op: 'Identity', inputs: ['q'], outputs: ['y'] },
      ],
      { x: uniform([1000], 1), w: uniform([1000], 2) },
      'y',
    );
    const [output] = (await expectationsOf(fuzzCase)).outputs;
    if (!output) throw new Error('no output');
    // Each product is off by up to u times itself.
    output.tolerance.forEach((tolerance, index) => {
      expect(tolerance).toBeGreaterThan(2 ** -24 * Math.abs(Number(output.value[index])));
    });
  });

  it('is the nearest pixel where the coordinate is a tie but for rounding, and there alone', async () => {
    const nodes = [
      {
        op: 'Resize',
        ...{ inputs: ['x', '', 'scales'], outputs: ['y'] },
        attributes: { mode: 'nearest', nearest_mode: 'floor' },
      },
    ];
    const tolerances = async (scale: number) => {
      const inputs = [{ name: 'x', type: 'float32', dims: [1, 1, 1, 8] } as const];
      const initializers = { scales: tensorOf([4], [1, 1, 1, scale]) };
      const fuzzCase: FuzzCase = {
        model: encodeModel({ nodes, inputs, outputs: ['y'], initializers }),
        ...{ feeds: new Map([['x', uniform([1, 1, 1, 8], 1)]]), opset: 17, nodes },
        ...{ types: new Map(), constants: new Map() },
      };
      const [output] = (await expectationsOf(fuzzCase)).outputs;
      return [...(output?.tolerance ?? [])].map((tolerance) => tolerance === Infinity);
    };
    // 0.5, 1.5, 2.5 and 3.5 ÷ 0.6000000238 − 0.5: 0.33, a hair below 2, 3.67, 5.33.
    expect(await tolerances(0.6)).toEqual([false, true, false, false]);
    // 0.5, 2.5, …: the scale is exact, and floor is far from a tie.
    expect(await tolerances(0.5)).toEqual([false, false, false, false]);
    // 0.5 ÷ 1 and so on: a tie of floor itself, which is exact.
    expect(await tolerances(1.5)).toEqual(new Array(12).fill(false));
  });

  it('is said where wgconv refuses what onnxruntime runs', async () => {
    const unknown = caseFor([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], { x: feeds.x }, 'y');
    const misfed = { ...unknown, feeds: new Map([['x', tensorOf([2], [1, 2])]]) };
    const onnxruntime = async () => new Map<string, HostTensor>();
    const verdict = await judge(misfed, { webgpu: false, onnxruntime });
    expect(verdict.outcome).toBe('disagree');
    expect(verdict.note).toMatch(/onnxruntime runs it/);
  });
});
