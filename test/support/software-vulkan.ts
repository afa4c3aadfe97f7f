/**
 * Gives a program that asks Vulkan for a GPU a driver on every machine: SwiftShader, which Chrome
 * brings along with Vulkan's loader.
 */

import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBrowser } from '../../src/cli/browser.ts';

/**
 * Environment variables for a process of Node or Deno. The machine's own choice is left alone: what
 * VK_DRIVER_FILES names, and all other systems than Linux.
 */
export async function softwareVulkan(): Promise<NodeJS.ProcessEnv> {
  if (process.platform !== 'linux' || process.env.VK_DRIVER_FILES) return {};
  const browser = await findBrowser();
  // Debian's `/usr/bin/chromium` is a script that starts the program in a folder of its own.
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser'];
  if (browser) folders.unshift(dirname(realpathSync(browser)));
  const folder = folders.find((path) => existsSync(join(path, driver)));
  if (!folder) return {};
  return {
    VK_DRIVER_FILES: join(folder, driver),
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
  };
}

const driver = 'vk_swiftshader_icd.json';
