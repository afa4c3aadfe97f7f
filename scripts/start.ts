/** `npm start`: builds the command where it is missing or older than its source, and starts it. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isFresh } from './is-fresh.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'dist/cli');
const command = join(folder, 'main.js');
const page = join(folder, 'page.js');

if (!isFresh(root, [command, page])) {
  console.error('Building the wgconv command …');
  const { buildCommand } = await import('./build-command.ts');
  rmSync(folder, { recursive: true, force: true });
  await buildCommand(root, folder);
}
const { status } = spawnSync(process.execPath, [command, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
