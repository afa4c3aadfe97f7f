/**
 * Runs the GPU tests in Node, through the npm package `webgpu`: on a machine's own GPU, on the
 * Vulkan driver that VK_DRIVER_FILES names (lavapipe has float16 and subgroups, which the browser's
 * software adapters lack), or on the browser's SwiftShader. Arguments go to vitest, for example a test
 * file.
 *
 * Without an adapter it says so and is content.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { findNodeAdapter, noNodeAdapter } from './node-adapter.ts';

const adapter = await findNodeAdapter();
if (!adapter) {
  console.log(noNodeAdapter);
  process.exit(0);
}
console.log(`Adapter: ${adapter.description}`);

const root = resolve(import.meta.dirname, '..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const args = [vitest, 'run', '--project', 'gpu-node', ...process.argv.slice(2)];
const env = { ...process.env, ...adapter.env };
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.exit(status ?? 1);
