/**
 * Holds the package to its size budgets: bundles it as a page would, prints what is downloaded after
 * gzip, and fails where that is over.
 *
 * What running MobileNetV2 fetches is seen in a browser that runs a small network of its operators.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchedModules } from './fetched-modules.ts';
import { bundlePage, loadedWith, type PageFile } from './page-bundle.ts';

/**
 * Budgets in kilobytes of 1000 bytes. The first two are what a page pays; everything together is the
 * kernels and the float64 references of all operators, and the reader of Keras models with all layers,
 * of which a page fetches its own model’s only.
 * Who builds a network pays `layers` in place of the first, who draws tensors `image`. Who computes in a
 * worker pays `worker` in the page, and the worker pays the second.
 */
const budgets = {
  statically: 60,
  mobilenet: 75,
  everything: 260,
  layers: 70,
  image: 70,
  worker: 60,
} as const;

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
if (!existsSync(join(dist, 'index.js'))) {
  console.error('dist/ is not built. Run: npm run build');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'wgconv-size-'));
try {
  const bundle = await bundlePage(dist, folder);
  const statically = loadedWith(bundle, []);
  for (const file of [...bundle.files].sort((a, b) => b.gzip - a.gzip)) {
    const how = statically.includes(file) ? 'at once' : 'when needed';
    console.log(`${file.name.padEnd(42)} ${kilobytes(file.gzip)} gzip ${how}`);
  }
  console.log();

  const rows = [row("import 'wgconv'", statically, budgets.statically)];
  const fetched = await fetchedModules(dist);
  if (fetched) {
    rows.push(row('to run MobileNetV2', loadedWith(bundle, fetched), budgets.mobilenet));
  } else {
    console.log('to run MobileNetV2: not measured, for there is no browser');
  }
  rows.push(row('all chunks together', bundle.files, budgets.everything));
  const building = await bundlePage(dist, join(folder, 'layers'), ['index', 'layers']);
  rows.push(row('with wgconv/layers', loadedWith(building, []), budgets.layers));
  const drawing = await bundlePage(dist, join(folder, 'image'), ['index', 'image']);
  rows.push(row('with wgconv/image', loadedWith(drawing, []), budgets.image));
  const proxy = await bundlePage(dist, join(folder, 'worker'), ['index', 'worker']);
  rows.push(row('with wgconv/worker', loadedWith(proxy, []), budgets.worker));
  if (rows.includes(false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Prints one budget's line and says whether it is kept. */
function row(name: string, files: readonly PageFile[], budget: number): boolean {
  const gzip = files.reduce((sum, file) => sum + file.gzip, 0);
  const kept = gzip <= budget * 1000;
  const verdict = kept ? 'ok' : 'OVER';
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  console.log(
    `${name.padEnd(22)} ${count.padStart(9)} ${kilobytes(gzip)} of ${budget} KB  ${verdict}`,
  );
  return kept;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(6)} KB`;
}
