/** Bundles the built package the way a page would: one entry, split chunks, minified. */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** One file of the bundle. */
export interface PageFile {
  readonly name: string;
  readonly bytes: number;
  /** Bytes after `gzip -9`. */
  readonly gzip: number;
  /** The modules of the package in it, as paths below `dist`. */
  readonly modules: readonly string[];
  /** Names of the files that load with it. */
  readonly imports: readonly string[];
}

export interface PageBundle {
  readonly entry: string;
  readonly files: readonly PageFile[];
}

/** Bundles a page that imports all that the named entries of the package in `dist` export, into `folder`. */
export async function bundlePage(
  dist: string,
  folder: string,
  entries: readonly string[] = ['index'],
): Promise<PageBundle> {
  const { metafile } = await build({
    stdin: {
      // All that the entries export is used: the most a page can need. The built files also export
      // what they share with each other, under names of one or two letters that no page imports.
      contents: (await Promise.all(entries.map(pageOf))).join('\n'),
      resolveDir: dist,
    },
    absWorkingDir: dist,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    outdir: folder,
    entryNames: 'page',
    chunkNames: '[name]-[hash]',
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const name = (path: string) => relative(folder, join(dist, path)).split(sep).join('/');
  const files = Object.entries(metafile.outputs).map(([path, output]): PageFile => {
    const content = readFileSync(join(dist, path));
    return {
      name: name(path),
      bytes: content.length,
      gzip: gzipSync(content, { level: 9 }).length,
      modules: Object.keys(output.inputs).filter((input) => input !== '<stdin>'),
      imports: output.imports
        .filter(({ kind, external }) => kind === 'import-statement' && !external)
        .map((imported) => name(imported.path)),
    };
  });
  return { entry: 'page.js', files };
}

/** Text of a page that uses every export of an entry. */
async function pageOf(entry: string): Promise<string> {
  const source = entry === 'index' ? '../src/index.ts' : `../src/${entry}/index.ts`;
  const names = Object.keys(await import(source)).join(', ');
  return `import { ${names} } from './${entry}.js'; globalThis.${entry} = { ${names} };`;
}

/** The entry, the files that hold the named modules, and all that load with any of them. */
export function loadedWith(bundle: PageBundle, modules: readonly string[]): PageFile[] {
  const loaded = new Set<PageFile>();
  const load = (file: PageFile | undefined) => {
    if (!file || loaded.has(file)) return;
    loaded.add(file);
    for (const name of file.imports) load(bundle.files.find((other) => other.name === name));
  };
  load(bundle.files.find(({ name }) => name === bundle.entry));
  for (const module of modules) load(bundle.files.find((file) => file.modules.includes(module)));
  return [...loaded];
}
