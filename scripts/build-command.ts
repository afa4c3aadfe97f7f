/** Builds the `wgconv` command: one part runs in Node, the other in the page that it drives. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { minifyWgsl } from './minify-wgsl.ts';

/**
 * Puts `main.js` and `page.js` into `folder`, which must lie two levels below the root of the
 * package: the command reads `../../package.json` and finds its packages there.
 */
export async function buildCommand(root: string, folder: string): Promise<void> {
  await buildNodePart(root, folder);
  await buildPage(root, folder);
}

/** Runs in Node, where packages are installed rather than copied in. */
async function buildNodePart(root: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [minifyWgsl(root)],
    build: {
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node20',
      sourcemap: true,
      minify: false,
      ssr: join(root, 'src/cli/main.ts'),
      rolldownOptions: {
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' },
      },
    },
  });
  chmodSync(join(folder, 'main.js'), 0o755);
}

/** Runs in a browser; no part of what a page gets that imports the package. */
async function buildPage(root: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [minifyWgsl(root)],
    build: {
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      sourcemap: true,
      minify: false,
      modulePreload: false,
      lib: { entry: join(root, 'src/cli/page.ts'), formats: ['es'], fileName: () => 'page.js' },
      rolldownOptions: { output: { chunkFileNames: 'page-chunks/[name].js' } },
    },
  });
}
