/** Opens the reader's own Chrome, without any flag, on the benchmark's page and waits for its report. */

import { spawn } from 'node:child_process';
import { findOrInstallBrowser } from '../src/cli/browser.ts';
import type { BenchResult } from './result.ts';
import type { BenchOptions } from './runner.ts';
import { startServer } from './server.ts';

/** Extra arguments are for tests: a reader's Chrome gets none. */
export async function inUserChrome(
  options: BenchOptions,
  extra: readonly string[] = (process.env.BENCH_CHROME_ARGUMENTS ?? '').split(' ').filter(Boolean),
): Promise<BenchResult> {
  let done: (text: string) => void = () => {};
  const posted = new Promise<string>((resolve) => {
    done = resolve;
  });
  const server = await startServer({ onResult: done });
  const url = `${server.url}bench/index.html?auto=${encodeURIComponent(JSON.stringify(options))}`;
  const chrome = await findOrInstallBrowser((line) => console.error(line));
  console.log(
    `Opening ${chrome}. If nothing appears, open this address in Chrome yourself:\n${url}`,
  );
  const child = spawn(chrome, [...extra, url], { stdio: 'ignore', detached: true });
  child.on('error', (error) => console.error(String(error)));
  child.unref();
  const value = JSON.parse(await posted) as BenchResult & { readonly error?: string };
  await server.close();
  if (extra.length > 0) child.kill();
  if (value.error) throw new Error(value.error);
  return value;
}
