/** The tables of functions: values from elsewhere, slopes, special values, shape of the WGSL. */

import { describe, expect, it } from 'vitest';
import {
  activationRow,
  activationSource,
  activations,
  functionOf,
  fusableActivations,
} from '../../../shaders/lib/activations.ts';
import { binaryFunctions } from '../../../shaders/lib/binary.ts';
import { floatFunctions, floatTests, integerFunctions } from '../../../shaders/lib/unary.ts';
import { allFunctions } from '../../../shaders/lib/unary-functions.ts';
import { slackOf } from '../../../src/ops/pointwise/activation-definitions.ts';
import { binaryDefinitions } from '../../../src/ops/pointwise/binary-definitions.ts';
import {
  floatDefinitions,
  integerDefinitions,
  testDefinitions,
} from '../../../src/ops/pointwise/unary-definitions.ts';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

/** Parameters with which the rows are examined. */
const parameters: Readonly<Record<string, readonly [number, number?]>> = {
  clip: [-1, 2],
  leakyrelu: [0.1],
  hardsigmoid: [0.2, 0.5],
  swish: [1],
  elu: [2],
  selu: [1.6732632423543772, 1.0507009873554805],
  celu: [2],
  thresholdedrelu: [1],
  shrink: [1.5, 1.5],
};

function definitionOf(name: string) {
  const definition = floatDefinitions.get(name);
  if (!definition) throw new Error(`no definition of ${name}`);
  return definition;
}

function evaluate(name: string, x: number): number {
  const [alpha = 0, beta = 0] = parameters[name] ?? [];
  return definitionOf(name).compute(x, alpha, beta);
}

describe('names', () => {
  it.each([
    ['unary functions of floats', floatFunctions, floatDefinitions],
    ['unary functions of integers', integerFunctions, integerDefinitions],
    ['tests of floats', floatTests, testDefinitions],
    ['binary functions', binaryFunctions, binaryDefinitions],
  ])('of %s are the same in WGSL and in the definitions', (_, rows, definitions) => {
    expect([...rows.keys()].sort()).toEqual([...definitions.keys()].sort());
    expect(rows.size).toBeGreaterThan(1);
  });
});

describe('zero', () => {
  it('stays zero, whatever the parameters, where the row says so', () => {
    for (const row of floatFunctions.values()) {
      const results = [-2, 0, 0.5].flatMap((alpha) =>
        [-1, 0, 3].map((beta) => definitionOf(row.name).compute(0, alpha, beta) + 0),
      );
      // Division by alpha gives NaN where it is 0: celu says that it loses zeros.
      expect(
        results.every((result) => result === 0),
        row.name,
      ).toBe(row.keepsZero);
    }
  });
});

describe('values', () => {
  // From the ONNX operator documentation's examples, and computed in Python (decimal, scipy).
  it.each([
    ['relu', -2, 0],
    ['clip', 3, 2],
    ['clip', -3, -1],
    ['leakyrelu', -1, -0.1],
    ['sigmoid', 1, 0.7310585786300049],
    ['sigmoid', -100, 3.720075976020836e-44],
    ['tanh', 1, 0.7615941559557649],
    ['hardsigmoid', -1, 0.3],
    ['hardsigmoid', 4, 1],
    ['hardswish', 1, 0.6666666666666666],
    ['hardswish', -4, 0],
    ['swish', 3, 2.8577223804672998],
    ['elu', -1, -1.2642411176571153],
    ['gelu', 1, 0.8413447460685429],
    ['gelu', -1, -0.15865525393145707],
    ['gelu', -8, -4.976768459417463e-15],
    ['gelutanh', 1, 0.8411919906082768],
    ['gelutanh', -1, -0.15880800939172324],
    ['selu', -1, -1.1113307378125625],
    ['celu', -1, -0.7869386805747332],
    ['celu', 1, 1],
    ['thresholdedrelu', 1, 0],
    ['thresholdedrelu', 1.5, 1.5],
    ['shrink', -2, -0.5],
    ['shrink', 1, 0],
    ['softplus', -1, 0.31326168751822286],
    ['softplus', 1000, 1000],
    ['softsign', -1, -0.5],
    ['mish', 1, 0.8650983882673103],
    ['mish', -1, -0.3034014613741089],
    ['round', 2.5, 2],
    ['round', 3.5, 4],
    ['round', -2.5, -2],
    ['erf', 0.5, 0.5204998778130465],
    ['erf', -1.5, -0.9661051464753108],
    ['erf', 3, 0.9999779095030014],
    ['sign', -7, -1],
    ['asinh', 1, 0.881373587019543],
    ['atanh', 0.5, 0.5493061443340548],
  ])('%s(%f) is %f', (name, x, expected) => {
    const error = Math.abs(evaluate(name, x) - expected);
    expect(error).toBeLessThanOrEqual(2e-14 * Math.abs(expected));
  });

  it('has a value for every activation', () => {
    for (const { name } of activations) expect(evaluate(name, 1), name).toBeTypeOf('number');
  });
});

describe('NaN and infinity', () => {
  it('keeps NaN where the row says so', () => {
    for (const row of floatFunctions.values()) {
      const value = evaluate(row.name, nan);
      if (row.nan === 'kept') expect(value, row.name).toBeNaN();
      else if (row.name !== 'none') expect(value, row.name).toBe(0);
    }
  });

  it('tells NaN and the infinities', () => {
    const isNan = testDefinitions.get('isnan');
    const isInf = testDefinitions.get('isinf');
    expect([nan, 1, infinity].map((x) => isNan?.(x, 0, 0))).toEqual([true, false, false]);
    expect([infinity, -infinity, nan].map((x) => isInf?.(x, 1, 1))).toEqual([true, true, false]);
    expect([infinity, -infinity].map((x) => isInf?.(x, 0, 1))).toEqual([true, false]);
  });
});

describe('bounds', () => {
  const points = Array.from({ length: 801 }, (_, index) => (index - 400) / 40);

  it('no activation is steeper than its Lipschitz constant', () => {
    // Functions with jumps say nothing across them.
    for (const row of activations.filter(({ name }) => !/threshold|shrink/.test(name))) {
      const [alpha = 0, beta = 0] = parameters[row.name] ?? [];
      let steepest = 0;
      for (const x of points) {
        const rise = evaluate(row.name, x + 1e-4) - evaluate(row.name, x);
        steepest = Math.max(steepest, Math.abs(rise) / 1e-4);
      }
      const claimed = definitionOf(row.name).lipschitz(alpha, beta, 0);
      expect(steepest, row.name).toBeLessThanOrEqual(claimed + 1e-6);
      // Not so loose that it hides an error.
      expect(claimed, row.name).toBeLessThanOrEqual(steepest * 1.04 + 1e-6);
    }
  });

  it('every slope at a point is the derivative there', () => {
    for (const [name, definition] of floatDefinitions) {
      if (activations.some((row) => row.name === name)) continue;
      const low = name === 'acosh' ? 1.5 : 0.1;
      const high = /^(asin|acos|atanh)$/.test(name) ? 0.9 : low + 3;
      for (const x of points.filter((point) => point > low && point < high)) {
        const slope = Math.abs(evaluate(name, x + 5e-6) - evaluate(name, x - 5e-6)) / 1e-5;
        if (slope > 1e3) continue; // a jump, or a pole of tan
        expect(slope, `${name}(${x})`).toBeLessThanOrEqual(
          definition.lipschitz(0, 0, x) * 1.001 + 1e-4,
        );
      }
    }
  });

  it('slack is a small number everywhere, at infinity too', () => {
    for (const row of activations) {
      const [alpha = 0, beta = 0] = parameters[row.name] ?? [];
      for (const x of [...points, 0, -0, 1e30, -1e30, infinity, -infinity]) {
        const slack = slackOf(definitionOf(row.name), x, alpha, beta);
        expect(slack, `${row.name}(${x})`).toBeGreaterThanOrEqual(0);
        if (Math.abs(x) <= 10) expect(slack, `${row.name}(${x})`).toBeLessThan(2e-5);
      }
    }
  });
});

describe('WGSL', () => {
  it('begins the list of fusable activations with none, and all of them are rows', () => {
    expect(fusableActivations[0]).toBe('none');
    expect(fusableActivations).toEqual(
      expect.arrayContaining([
        'relu',
        'clip',
        'leakyrelu',
        'sigmoid',
        'tanh',
        'hardswish',
        'swish',
      ]),
    );
    for (const name of fusableActivations) {
      const row = activationRow(name);
      expect(row.fusable).toBe(true);
      // What kernels with an epilogue bring along is enough for it.
      expect(activationSource(name)).toBe(functionOf(row, 'activation', allFunctions));
    }
    expect(() => activationSource('mish')).toThrow('an epilogue has no function "mish"');
    expect(() => activationRow('no such thing')).toThrow('no such thing');
  });

  it('has the text that was reviewed', () => {
    const texts = activations.map((row) => functionOf(row, 'activation', allFunctions));
    expect(texts.join('\n')).toMatchSnapshot();
  });
});

describe('integers', () => {
  it('agree with the definitions on floats, and with themselves in bigint', () => {
    for (const [name, row] of integerDefinitions) {
      if (name === 'not') continue;
      for (const x of [-3, 0, 5]) expect(row.compute(x) + 0).toBe(Number(row.big(BigInt(x))));
    }
    for (const row of binaryDefinitions.values()) {
      if (!row.big || row.name.startsWith('shift')) continue;
      const compute = row.integer ?? row.float;
      for (const a of [-7, -1, 0, 3, 12]) {
        for (const b of [-3, -1, 0, 2, 5]) {
          const text = `${row.name}(${a}, ${b})`;
          expect(compute(a, b) + 0, text).toBe(Number(row.big(BigInt(a), BigInt(b))));
        }
      }
    }
  });

  it.each([
    ['div', -7, 2, -3],
    ['div', 7, 0, 0],
    ['mod', -7, 3, 2],
    ['mod', 7, -3, -2],
    ['fmod', -7, 3, -1],
    ['pow', -2, 3, -8],
    ['pow', 2, -1, 0],
    ['pow', -1, -3, -1],
    ['pow', 9, 0.75, 5],
    ['mul', 65537, 65537, 131073],
    ['shiftleft', 1, 31, 2147483648],
    ['shiftleft', 1, 32, 0],
    ['shiftright', 4294967295, 28, 15],
  ])('%s(%i, %f) is %i', (name, a, b, expected) => {
    const row = binaryDefinitions.get(name);
    expect((row?.integer ?? row?.float)?.(a, b)).toBe(expected);
  });

  it('powers follow C, also of 1, of NaN and of -1 to infinity', () => {
    const power = binaryDefinitions.get('pow')?.float;
    expect([power?.(1, nan), power?.(nan, 0), power?.(-1, -infinity)]).toEqual([1, 1, 1]);
    expect(power?.(-8, 1 / 3)).toBeNaN();
    expect(power?.(nan, 1)).toBeNaN();
  });
});
