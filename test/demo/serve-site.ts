/** Global setup of the project `demo`: builds the site once and serves it from a sub-path. */

import type { TestProject } from 'vitest/node';
import { serveSite } from '../../scripts/demo/site.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the built site, which ends with a slash. */
    site: string;
  }
}

/** A static host may serve the site from anywhere. */
const base = '/some/sub/path/';

export default async function provideSite(project: TestProject): Promise<() => Promise<void>> {
  const { address, close } = await serveSite(base);
  project.provide('site', address);
  return close;
}
