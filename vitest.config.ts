/**
 * The test projects: `unit` in Node, the GPU tests in Chromium, once for each software adapter, the
 * GPU tests in Node on whatever adapter is there, pages in a Chromium of their own, and the demo site.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { defaultRecipe, findBrowser, launchArguments, type Recipe } from './src/cli/browser.ts';

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
    // Found late, behind a worker, it would make the page load again.
    optimizeDeps: { include: ['comlink'] },
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
          // References of whole networks take seconds where other work runs beside.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      // The demo site, built and served from a sub-path, in a browser that the tests start.
      {
        test: {
          name: 'demo',
          environment: 'node',
          include: ['test/demo/**/*.test.ts'],
          globalSetup: ['test/demo/serve-site.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // Two browsers would fight over the cores that SwiftShader computes on.
          fileParallelism: false,
        },
      },
      // Pages in a browser of their own, which a test may do more to than a page can.
      {
        test: {
          name: 'pages',
          environment: 'node',
          include: ['test/pages/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          fileParallelism: false,
        },
      },
      // The examples, with the packed package: run by Node and Deno, built by bundlers, opened in Chromium.
      {
        test: {
          name: 'examples',
          environment: 'node',
          include: ['test/examples/**/*.test.ts'],
          globalSetup: ['test/examples/install.ts'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      // The same tests in Node, through the npm package `webgpu`: `npm run test:node`.
      {
        server: { fs: { allow: [import.meta.dirname, shared] } },
        test: {
          name: 'gpu-node',
          environment: 'node',
          include: ['test/gpu/**/*.test.ts'],
          // They hold the browser's adapter against the recipe, and are about a page's workers and cache.
          exclude: ['adapter.ss', 'worker*', 'model-cache'].map(
            (name) => `test/gpu/${name}.test.ts`,
          ),
          setupFiles: ['test/support/node-gpu.ts', 'test/support/all-operators.ts'],
          provide: { recipe: defaultRecipe(), shared: '' },
          // lavapipe compiles a candidate in a tenth of a second or more, and a case may have fifty.
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      gpu('gpu-gles', 'cr-gles', 'test/gpu/**/*.test.ts'),
      // SwiftShader compiles slowly: only the files that ask for it, by their name, run there too.
      gpu('gpu-ss', 'cr-ss', 'test/gpu/**/*.ss.test.ts'),
    ],
  },
});
