/** `wgconv browser`: which browser is used, and how to get one. */

import { WgconvError } from '../../core/errors.ts';
import { findBrowser, findOrInstallBrowser } from '../browser.ts';
import { exitOk } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

export async function browser(
  { install }: { readonly install?: boolean },
  terminal: Terminal,
): Promise<number> {
  const found = install
    ? await findOrInstallBrowser((line) => terminal.err(line))
    : await findBrowser();
  if (found === undefined) {
    throw new WgconvError(
      'no-webgpu',
      'No Chrome or Chromium was found. Run "wgconv browser --install", or set CHROME_PATH.',
    );
  }
  terminal.out(found);
  return exitOk;
}
