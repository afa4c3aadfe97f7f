/** WGSL gets shorter while the package is built, and says the same. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources here are modules as text

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';
import { minifyPiece, minifyTemplates } from '../../../scripts/minify-wgsl.ts';
import type { Kernel, Variant } from '../../../shaders/lib/kernel.ts';

/** Runs a module's text that ends in an expression, with the real template tag. */
function evaluate(expression: string): string {
  return new Function('wgsl', `return ${expression}`)(wgsl);
}

test('comments, indents and spaces beside punctuation go', () => {
  const piece = `
    // The address of a pixel.
    fn at(x: u32,  y: u32) -> u32 { /* row
      major */
      return y * 8u + x; // no wrap
    }
  `;
  expect(minifyPiece(piece)).toBe('\nfn at(x: u32,y: u32)->u32{\nreturn y * 8u + x;\n}\n');
});

test('spaces that separate words and operators stay', () => {
  expect(minifyPiece('let a = b - -c; a > = b')).toBe('let a = b - -c;a > = b');
});

test('a comment that runs into an expression stays, for its end is not known', () => {
  const { text } = minifyTemplates('wgsl`a // ${name} is b\n  c`', false);
  expect(text).toBe('`a // ${name} is b\nc`');
});

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('directives become expressions, which say the same for %s and %s', (a, b) => {
  const source = `wgsl\`
    // A comment that mentions nothing.
    #if \${${a}}
      let a = 1; // one
    #if \${${b}}
      let b = \${${b} ? 1 : 'never'};
    #endif
    #elif \${${b} as boolean || ${a}}
      let a = 2;
    #else
      let a = 3;
    #endif
    fn \${'f'} (x: u32) { }\``;
  const { text } = minifyTemplates(source, false);
  expect(text).not.toMatch(/wgsl|#/);
  const plain = (expression: string) => transformSync(expression, { loader: 'ts' }).code;
  expect(words(evaluate(plain(text)))).toEqual(words(evaluate(plain(source))));
});

test('a template inside an expression is shortened too, and other templates are left alone', () => {
  const source = 'wgsl`a;\n  ${on ? wgsl`b;\n  c;` : `d;\n  e;`}`';
  expect(minifyTemplates(source, false).text).toBe('`a;\n${on ? `b;\nc;` : `d;\n  e;`}`');
});

test('in shaders, templates over several lines are WGSL without a tag', () => {
  expect(minifyTemplates('const a = `b;\n  c;`; const d = `e  f`;', true).text).toBe(
    'const a = `b;\nc;`; const d = `e  f`;',
  );
});

interface Shaders {
  readonly kernels: readonly Kernel[];
  shaderSource(kernel: Kernel, variant: Variant): string;
}

/** The kernels as they are, or as the package has them. */
async function shaders(minified: boolean): Promise<Shaders> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { kernels } from './index.ts'; export { shaderSource } from './lib/kernel.ts';",
      resolveDir: fileURLToPath(new URL('../../../shaders/', import.meta.url)),
    },
    ...{ bundle: true, write: false, format: 'esm' },
    plugins: [
      {
        name: 'minify-wgsl',
        setup: ({ onLoad }) =>
          onLoad({ filter: /shaders[\\/].*\.ts$/ }, ({ path }) => {
            const source = readFileSync(path, 'utf8');
            return {
              contents: minified ? minifyTemplates(source, true).text : source,
              loader: 'ts',
            };
          }),
      },
    ],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return import(/* @vite-ignore */ `data:text/javascript;base64,${code}`);
}

/** So many variants that any two values of two fields that go together do so in one of them. */
function covering(variants: readonly Variant[]): Variant[] {
  const seen = new Set<string>();
  return variants.filter((variant) => {
    const values = Object.entries(variant).map(String);
    const pairs = values.flatMap((one, at) => values.slice(at).map((other) => `${one} ${other}`));
    const isNew = pairs.some((pair) => !seen.has(pair));
    for (const pair of pairs) seen.add(pair);
    return isNew;
  });
}

test('the variants of every kernel say the same', async () => {
  const [before, after] = await Promise.all([shaders(false), shaders(true)]);
  expect(before.kernels.length).toBeGreaterThan(50);
  for (const [index, kernel] of before.kernels.entries()) {
    const short = after.kernels[index] as Kernel;
    for (const variant of covering(kernel.variants())) {
      const text = words(before.shaderSource(kernel, variant)).join(' ');
      const same = text === words(after.shaderSource(short, variant)).join(' ');
      expect(same, `${kernel.name} ${JSON.stringify(variant)}`).toBe(true);
    }
  }
}, 60_000);

/** The words and signs of a shader, without comments and spaces. */
function words(shader: string): string[] {
  return shader.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ' ').match(/\w+|[^\s\w]/g) ?? [];
}
