/** The demo site as a host would have it: built, and served from a folder of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, preview } from 'vite';

export interface ServedSite {
  /** Ends with a slash. */
  readonly address: string;
  close(): Promise<void>;
}

/** @param base the path below which the site is served */
export async function serveSite(base = '/'): Promise<ServedSite> {
  const configFile = resolve(import.meta.dirname, '../../demo/vite.config.ts');
  const outDir = mkdtempSync(join(tmpdir(), 'wgconv-site-'));
  await build({
    configFile,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
  const server = await preview({
    configFile,
    base,
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: 'localhost', open: false },
  });
  return {
    address: new URL(base, server.resolvedUrls?.local[0]).href,
    async close() {
      await server.close();
      rmSync(outDir, { recursive: true });
    },
  };
}
