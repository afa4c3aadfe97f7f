/** Strips comments and needless spaces from WGSL templates while the package is built. */
import MagicString from 'magic-string';
import { parseAst } from 'vite';

/** A piece of a template, as it stands in the source, and whether `${` follows it. */
interface Quasi {
  readonly start: number;
  readonly end: number;
  readonly last: boolean;
}

/**
 * A build plugin: shortens templates tagged `wgsl`, and in `shaders/` every other template that
 * spans lines, for there those are WGSL as well.
 */
export function minifyWgsl(root: string) {
  return {
    name: 'minify-wgsl',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      if (!id.endsWith('.ts') || !id.startsWith(root) || id.includes('node_modules')) return null;
      const untagged = id.startsWith(`${root}/shaders/`);
      if (!code.includes('wgsl`') && !(untagged && code.includes('`'))) return null;
      const { text, map } = minifyTemplates(code, untagged);
      return { code: text, map };
    },
  };
}

/** The module with its WGSL templates shortened, and a source map. */
export function minifyTemplates(code: string, untagged: boolean) {
  const edited = new MagicString(code);
  for (const { start, end, last } of findQuasis(parseAst(code, { lang: 'ts' }), code, untagged)) {
    const before = code.slice(start, end);
    const after = minifyPiece(before, last);
    if (after !== before) edited.update(start, end, after);
  }
  return { text: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
}

/**
 * Shortens one piece between expressions. What an expression touches is kept: a comment that runs
 * into one, and the space between `#if` and its `${`.
 */
export function minifyPiece(piece: string, last = true): string {
  return piece
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*(\n|$)/g, (comment: string, newline?: string) =>
      newline === '' && !last ? comment : (newline ?? ' '),
    )
    .replace(/[ \t]*\n\s*/g, '\n')
    .replace(/[^\n]+/g, (line) =>
      line.includes('//') || line.includes('#')
        ? line
        : line.replace(/[ \t]+/g, ' ').replace(/ ?(->|[{}(),;]) ?/g, '$1'),
    );
}

/** Walks the syntax tree for the pieces of the templates that hold WGSL. */
function* findQuasis(node: unknown, code: string, untagged: boolean): Generator<Quasi> {
  if (Array.isArray(node)) {
    for (const item of node) yield* findQuasis(item, code, untagged);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, tag, quasi } = node as { type?: string; tag?: { name?: string }; quasi?: unknown };
  if (type === 'TaggedTemplateExpression') {
    if (tag?.name === 'wgsl') yield* pieces(quasi, code);
    yield* findQuasis((quasi as { expressions: unknown }).expressions, code, untagged);
    return;
  }
  if (type === 'TemplateLiteral' && untagged) yield* pieces(node, code);
  for (const value of Object.values(node)) yield* findQuasis(value, code, untagged);
}

function* pieces(template: unknown, code: string): Generator<Quasi> {
  const { quasis } = template as {
    quasis: { start: number; tail: boolean; value: { raw: string } }[];
  };
  if (!quasis.some(({ value }) => value.raw.includes('\n'))) return;
  for (const { start, tail, value } of quasis) {
    // In TypeScript, a piece's range takes in the backtick or brace before its text.
    const from = start + 1;
    if (code.startsWith(value.raw, from))
      yield { start: from, end: from + value.raw.length, last: tail };
  }
}
