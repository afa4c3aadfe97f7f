#!/usr/bin/env node
/** The `wgconv` command: reads the arguments and hands them to the command that is meant. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { WgconvError } from '../core/errors.ts';
import { findBrowser, findOrInstallBrowser } from './browser.ts';

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string; description: string };

const program = new Command('wgconv')
  .description(manifest.description)
  .version(manifest.version)
  .showHelpAfterError();

program
  .command('browser')
  .description('print the path of the Chrome or Chromium that wgconv drives')
  .option('--install', 'install Chromium where no browser is found')
  .action(async ({ install }: { install?: boolean }) => {
    const browser = install
      ? await findOrInstallBrowser((line) => console.error(line))
      : await findBrowser();
    if (browser === undefined) {
      throw new WgconvError(
        'no-webgpu',
        'No Chrome or Chromium was found. Run "wgconv browser --install", or set CHROME_PATH.',
      );
    }
    console.log(browser);
  });

try {
  await program.parseAsync();
} catch (error) {
  // A known failure says all in its message; of an unknown one the stack is wanted.
  console.error(error instanceof WgconvError ? `wgconv: ${error.message}` : error);
  process.exitCode = 1;
}
