/** `npm start`: builds the command where it is missing or older than its source, and starts it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'dist/cli');
const command = join(folder, 'main.js');
const page = join(folder, 'page.js');

if (!isFresh()) {
  console.error('Building the wgconv command …');
  const { buildCommand } = await import('./build-command.ts');
  rmSync(folder, { recursive: true, force: true });
  await buildCommand(root, folder);
}
const { status } = spawnSync(process.execPath, [command, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

function isFresh(): boolean {
  if (!existsSync(command) || !existsSync(page)) return false;
  const built = Math.min(statSync(command).mtimeMs, statSync(page).mtimeMs);
  const sources = ['src', 'shaders'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(root, room, name),
    ),
  );
  return sources.every((source) => statSync(source).mtimeMs <= built);
}
