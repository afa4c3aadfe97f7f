/** Global setup of the project `demo`: builds the site once and serves it from a sub-path. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the built site, which ends with a slash. */
    site: string;
  }
}

/** A static host may serve the site from anywhere. */
const base = '/some/sub/path/';

export default async function serveSite(project: TestProject): Promise<() => Promise<void>> {
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
  project.provide('site', new URL(base, server.resolvedUrls?.local[0]).href);
  return async () => {
    await server.close();
    rmSync(outDir, { recursive: true });
  };
}
