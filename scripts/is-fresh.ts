/** Whether built files are there and newer than all of the source. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export function isFresh(root: string, built: readonly string[]): boolean {
  if (!built.every((file) => existsSync(file))) return false;
  const oldest = Math.min(...built.map((file) => statSync(file).mtimeMs));
  const sources = ['src', 'shaders'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(root, room, name),
    ),
  );
  return sources.every((source) => statSync(source).mtimeMs <= oldest);
}
