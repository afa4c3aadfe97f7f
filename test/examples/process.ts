/** Runs a program in the folder of an installed example. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param env variables beside those of this process; one that is undefined is taken away */
export function run(
  folder: string,
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...texts }));
  });
}

/** `npm run SCRIPT` of an example, which must end well; answers what it printed. */
export async function npmRun(
  example: string,
  script: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  const folder = join(inject('examples'), example);
  const { status, stdout, stderr } = await run(folder, ['npm', 'run', '-s', ...script], env);
  if (status !== 0)
    throw new Error(`npm run ${script.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}
