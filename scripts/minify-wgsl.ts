/**
 * WGSL templates while the package is built: comments and needless spaces go, and the directives of
 * wgsl-preprocessor become conditional expressions, so that no page downloads it.
 */
import MagicString from 'magic-string';
import { parseAst } from 'vite';

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Template {
  /** The name before the backtick, where it is `wgsl`. */
  readonly tag?: Range | undefined;
  /** What stands between expressions, and whether one is the last. */
  readonly pieces: readonly (Range & { readonly last: boolean })[];
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
  const update = (start: number, end: number, text: string) => {
    if (code.slice(start, end) !== text) edited.update(start, end, text);
  };
  for (const template of findTemplates(parseAst(code, { lang: 'ts' }), code, untagged)) {
    if (template.tag) edited.remove(template.tag.start, template.tag.end);
    const directives = new Directives();
    for (const { start, end, last } of template.pieces) {
      const short = minifyPiece(code.slice(start, end), last);
      if (!template.tag) {
        update(start, end, short);
        continue;
      }
      const { open, text, close } = directives.compile(short);
      // The brace that ends an expression, and the `${` that begins the next one, change with it.
      update(open ? start - 1 : start, close ? end + 2 : end, open + text + close);
    }
  }
  return { text: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
}

/** `#if ${a} … #else … #endif` of one template as `${(a) ? `…` : `…`}`, piece by piece. */
class Directives {
  /** Whether each `#if` that is open has had its `#else`. */
  readonly #open: boolean[] = [];
  #isCondition = false;

  /**
   * @returns `open` in place of the brace before the piece and `close` in place of the `${` after it;
   * empty where those stay
   */
  compile(piece: string): { open: string; text: string; close: string } {
    const open = this.#isCondition ? ') ? `' : '';
    const begins = /#(if|elif)\s*$/.exec(piece);
    const text = piece.slice(0, begins?.index).replace(/#(else|endif)\b/g, (_, name) => {
      if (name === 'else') {
        this.#open[this.#open.length - 1] = true;
        return '` : `';
      }
      return this.#open.pop() ? '`}' : "` : ''}";
    });
    this.#isCondition = begins !== null;
    if (begins?.[1] === 'if') this.#open.push(false);
    return { open, text, close: !begins ? '' : begins[1] === 'if' ? '${(' : '` : (' };
  }
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

/** Walks the syntax tree for the templates that hold WGSL. */
function* findTemplates(node: unknown, code: string, untagged: boolean): Generator<Template> {
  if (Array.isArray(node)) {
    for (const item of node) yield* findTemplates(item, code, untagged);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, tag, quasi } = node as {
    type?: string;
    tag?: Range & { name?: string };
    quasi?: unknown;
  };
  if (type === 'TaggedTemplateExpression') {
    if (tag?.name === 'wgsl') yield { tag, pieces: piecesOf(quasi, code) };
    yield* findTemplates((quasi as { expressions: unknown }).expressions, code, untagged);
    return;
  }
  if (type === 'TemplateLiteral' && untagged) {
    const pieces = piecesOf(node, code);
    if (pieces.some(({ start, end }) => code.slice(start, end).includes('\n'))) yield { pieces };
  }
  for (const value of Object.values(node)) yield* findTemplates(value, code, untagged);
}

function piecesOf(template: unknown, code: string): Template['pieces'] {
  const { quasis } = template as {
    quasis: { start: number; tail: boolean; value: { raw: string } }[];
  };
  return quasis.map(({ start, tail, value }) => {
    // In TypeScript, a piece's range takes in the backtick or brace before its text.
    const from = start + 1;
    const end = from + value.raw.length;
    if (code.slice(from, end) !== value.raw)
      throw new Error('a template has other text than it says');
    return { start: from, end, last: tail };
  });
}
