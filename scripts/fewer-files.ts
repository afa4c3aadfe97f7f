/**
 * A build plugin. A page waits for every link of a chain of files, and the bundler makes two that
 * hold next to nothing: the entry only passes on what a shared chunk exports, and the bundler's own
 * helper is a file by itself. The chunk takes the entry's place, and the helper goes into the files
 * that use it.
 */
import type { Plugin, Rolldown } from 'vite';

/**
 * @param entry the file that passes on
 * @param main the chunk that takes its place
 */
export function fewerFiles(entry: string, main: string, runtime: string): Plugin {
  return {
    name: 'fewer-files',
    generateBundle(_, bundle) {
      const chunk = (name: string): Rolldown.OutputChunk => {
        const found = bundle[name];
        if (found?.type !== 'chunk') throw new Error(`the bundler has made no ${name}`);
        return found;
      };
      takePlace(chunk(main), chunk(entry));
      leaveOut(entry, Object.values(bundle));
      inline(chunk(runtime), Object.values(bundle));
      for (const name of [entry, runtime]) {
        delete bundle[name];
        delete bundle[`${name}.map`];
      }
    },
  };
}

/** Puts a chunk without imports in place of the lines that import it. */
function inline(runtime: Rolldown.OutputChunk, files: readonly { type: string }[]): void {
  const file = runtime.fileName.split('/').at(-1);
  const statement = new RegExp(`^import \\{ (.*) \\} from "[^"]*/${file}";$`, 'm');
  const exported = /^export \{ (.*) \};$/m.exec(runtime.code);
  const locals = new Map(listed(exported).map(({ from, to }) => [to, from]));
  // On one line, so that source maps stay right.
  const [body = ''] = runtime.code.replace(/\/\/.*$/gm, '').split(/^export /m);
  const line = body.replace(/\s+/g, ' ').trim();
  for (const user of files) {
    if (user.type !== 'chunk' || user === runtime) continue;
    const chunk = user as Rolldown.OutputChunk;
    const imported = statement.exec(chunk.code);
    if (!imported && !chunk.code.includes(`/${file}`)) continue;
    if (!listed(imported).every(({ from, to }) => locals.get(from) === to)) {
      throw new Error(`${chunk.fileName} gives what it takes of ${file} other names`);
    }
    chunk.code = chunk.code.replace(statement, () => line);
    if (chunk.code.includes(`/${file}`)) throw new Error(`${chunk.fileName} still imports ${file}`);
  }
}

/** Exports from `main` what `entry` passes on of it, under the same names. */
function takePlace(main: Rolldown.OutputChunk, entry: Rolldown.OutputChunk): void {
  const file = main.fileName.split('/').at(-1);
  const passed = new RegExp(`^export \\{ (.*) \\} from "\\./${file}";$`, 'm').exec(entry.code);
  const exported = /^export \{ (.*) \};$/m.exec(main.code);
  const locals = new Map(listed(exported).map(({ from, to }) => [to, from]));
  const names = listed(passed).map(({ from, to }) => `${locals.get(from)} as ${to}`);
  if (names.length !== entry.exports.length) {
    throw new Error(`${file} cannot take the place of ${entry.fileName}`);
  }
  main.code = main.code.replace(
    /^export \{ .* \};$/m,
    (all) => `${all}\nexport { ${names.join(', ')} };`,
  );
}

/** Takes the imports of a file that only passes on from all who import it for its effects: it has none. */
function leaveOut(name: string, files: readonly { type: string }[]): void {
  for (const file of files) {
    if (file.type !== 'chunk') continue;
    const chunk = file as Rolldown.OutputChunk;
    // An empty line, so that source maps stay right.
    chunk.code = chunk.code.replace(new RegExp(`^import "[^"]*/${name}";$`, 'm'), '');
    if (chunk.fileName !== name && chunk.code.includes(`/${name}"`)) {
      throw new Error(`${chunk.fileName} still imports ${name}`);
    }
  }
}

/** What a list of exports renames. */
function listed(list: RegExpExecArray | null): { from: string; to: string }[] {
  return (list?.[1] ?? '').split(', ').map((item) => {
    const [from = '', to = from] = item.split(' as ');
    return { from, to };
  });
}
