/**
 * Global setup of the project `examples`: packs wgconv as `npm publish` would, and installs the
 * package and the examples in a temporary folder, which needs no network: other packages are links to
 * those that are installed here.
 */

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { isFresh } from '../../scripts/is-fresh.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the installed examples, one below it each. */
    examples: string;
    /** Folder of a project that depends on wgconv alone, without the optional package `webgpu`. */
    bare: string;
  }
}

const root = resolve(import.meta.dirname, '../..');

export default function installExamples(project: TestProject): () => void {
  if (!isFresh(root, [join(root, 'dist/index.js'), join(root, 'dist/THIRD-PARTY-LICENSES.txt')])) {
    npm(root, 'run', 'build');
  }
  const folder = mkdtempSync(join(tmpdir(), 'wgconv-examples-'));
  const packed = npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const tarball = join(folder, nameOf(JSON.parse(packed)));

  const bare = join(folder, 'bare');
  const examples = join(folder, 'examples');
  unpack(tarball, join(bare, 'node_modules/wgconv'));

  const shared = join(examples, 'node_modules');
  unpack(tarball, join(shared, 'wgconv'));
  link(join(root, 'node_modules/.bin'), join(shared, '.bin'));
  for (const example of exampleNames()) {
    const place = join(examples, example);
    cpSync(join(root, 'examples', example), place, {
      recursive: true,
      // What somebody has installed or built there.
      filter: (path) => !/[\\/](node_modules|dist|wgconv)$/.test(path),
    });
    link(shared, join(place, 'node_modules'));
    for (const name of packagesOf(place))
      link(join(root, 'node_modules', name), join(shared, name));
  }
  project.provide('examples', examples);
  project.provide('bare', bare);
  return () => rmSync(folder, { recursive: true });
}

function exampleNames(): string[] {
  return readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Packages that an example lists, but wgconv. */
function packagesOf(example: string): string[] {
  const manifest = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return names.filter((name) => name !== 'wgconv');
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** npm 10 answers with a list of packages, npm 11 with an object of them. */
function nameOf(packed: Record<string, { filename: string }>): string {
  const [one] = Object.values(packed);
  if (!one) throw new Error('npm pack made no package');
  return one.filename;
}

function unpack(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components', '1']);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path, 'junction');
}
