/** WGSL gets shorter while the package is built, and says the same. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources here are modules as text

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';
import { minifyPiece, minifyTemplates } from '../../../scripts/minify-wgsl.ts';

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
  expect(text).toBe('wgsl`a // ${name} is b\nc`');
});

test.each([true, false])('directives work as before where the condition is %s', (condition) => {
  const source = `wgsl\`
    // A comment that mentions nothing.
    #if \${${condition}}
      let a = 1; // one
    #elif \${!${condition}}
      let a = 2;
    #else
      let a = 3;
    #endif
    fn \${'f'} (x: u32) { }\``;
  const { text } = minifyTemplates(source, false);
  expect(text.length).toBeLessThan(source.length);
  expect(words(evaluate(text))).toEqual(words(evaluate(source)));
});

test('a template inside an expression is shortened too, and other templates are left alone', () => {
  const source = 'wgsl`a;\n  ${on ? wgsl`b;\n  c;` : `d;\n  e;`}`';
  expect(minifyTemplates(source, false).text).toBe('wgsl`a;\n${on ? wgsl`b;\nc;` : `d;\n  e;`}`');
});

test('in shaders, templates over several lines are WGSL without a tag', () => {
  expect(minifyTemplates('const a = `b;\n  c;`; const d = `e  f`;', true).text).toBe(
    'const a = `b;\nc;`; const d = `e  f`;',
  );
});

const shaders = new URL('../../../shaders/', import.meta.url);
const files = readdirSync(shaders, { recursive: true, encoding: 'utf8' });

test.each(files.filter((file) => file.endsWith('.ts')))('shaders/%s keeps its words', (file) => {
  const source = readFileSync(new URL(file, shaders), 'utf8');
  const { text } = minifyTemplates(source, true);
  expect(text.length).toBeLessThanOrEqual(source.length);
  expect(words(text)).toEqual(words(source));
});

/** The words and signs of a shader, without comments and spaces. */
function words(shader: string): string[] {
  return shader.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ' ').match(/\w+|[^\s\w]/g) ?? [];
}
