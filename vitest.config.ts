/** The test projects: `unit` in Node, and the GPU tests in Chromium, once for each software adapter. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { findBrowser, launchArguments, type Recipe } from './src/cli/browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** How the browser was started; a GPU test asks with `inject('recipe')`. */
    recipe: Recipe;
    /** Address of the optional sibling folder `shared/`, '' where there is none. */
    shared: string;
  }
}

const shared = resolve(import.meta.dirname, '../shared');

const executablePath = await findBrowser();

/** A project whose tests run in a page, in a browser started by the recipe. */
function gpu(name: string, recipe: Recipe, include: string): TestProjectInlineConfiguration {
  return {
    server: { fs: { allow: [import.meta.dirname, shared] } },
    test: {
      name,
      include: [include],
      setupFiles: ['test/support/all-operators.ts'],
      provide: { recipe, shared: existsSync(shared) ? `/@fs${shared}` : '' },
      // Software adapters are slow, and a first pipeline may compile for a second.
      testTimeout: 60_000,
      // Two pages would fight over the cores that a software adapter computes on.
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            ...(executablePath && { executablePath }),
            args: launchArguments(recipe),
          },
        }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/support/all-operators.ts'],
        },
      },
      gpu('gpu-gles', 'cr-gles', 'test/gpu/**/*.test.ts'),
      // SwiftShader compiles slowly: only the files that ask for it, by their name, run there too.
      gpu('gpu-ss', 'cr-ss', 'test/gpu/**/*.ss.test.ts'),
    ],
  },
});
