/**
 * The adapter that Node finds through the npm package `webgpu`: the machine's own, or that of the
 * driver which VK_DRIVER_FILES names; else SwiftShader, which the browser brings along.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { softwareVulkan } from '../test/support/software-vulkan.ts';

export interface NodeAdapter {
  /** Its name and what not every adapter has. */
  readonly description: string;
  /** Environment variables that a process needs beside those of this one to find it. */
  readonly env: NodeJS.ProcessEnv;
}

/** Asked in a process of its own: the system's loader reads its variables when one starts. */
const question = `
  import { create } from 'webgpu';
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter) {
    const { vendor, architecture, description } = adapter.info;
    const has = (feature) => (adapter.features.has(feature) ? 'yes' : 'no');
    console.log(
      [vendor, architecture, description].filter(Boolean).join(', ') +
        '; float16 ' + has('shader-f16') + ', subgroups ' + has('subgroups'),
    );
  }`;

/** @returns undefined where there is none: no Vulkan, no driver for it */
export async function findNodeAdapter(): Promise<NodeAdapter | undefined> {
  for (const env of [{}, await softwareVulkan()]) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', question],
      { cwd: resolve(import.meta.dirname, '..'), env: { ...process.env, ...env } },
    );
    if (stdout !== '') return { description: stdout.trim(), env };
  }
  return undefined;
}

export const noNodeAdapter =
  'Skipped: the webgpu package finds no adapter (no libvulkan, or no driver for it).';
