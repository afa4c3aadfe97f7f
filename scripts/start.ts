/** `npm start`: builds the command where it is missing or older than its source, and starts it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const command = join(root, 'dist/cli/main.js');
const page = join(root, 'dist/cli/page.js');

if (!isFresh()) {
  console.error('Building wgconv …');
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const { status } = spawnSync(process.execPath, [tsx, join(root, 'scripts/build.ts')], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (status !== 0) process.exit(status ?? 1);
}
const { status } = spawnSync(process.execPath, [command, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

function isFresh(): boolean {
  if (!existsSync(command) || !existsSync(page)) return false;
  const built = Math.min(statSync(command).mtimeMs, statSync(page).mtimeMs);
  const sources = ['src', 'shaders'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(root, folder, name),
    ),
  );
  return sources.every((source) => statSync(source).mtimeMs <= built);
}
