/**
 * Runs every check of the project in turn — lint, import rule, types, a build and its size, unit
 * tests, tests on both software adapters, tests of pages, of the demo site and of the examples, some GPU
 * tests in Node — and closes with one line that counts the tests.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findBrowser } from '../src/cli/browser.ts';
import { findNodeAdapter, noNodeAdapter } from './node-adapter.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

const root = resolve(import.meta.dirname, '..');
const node = process.execPath;
const bin = (path: string) => join(root, 'node_modules', path);
const tsx = bin('tsx/dist/cli.mjs');

/** `tsc` reads no .svelte files. */
const svelte = ['--tsconfig', 'demo/tsconfig.json', '--fail-on-warnings'];

/** Checks that pass or fail as a whole; one that fails counts as a failed test. */
const checks = [
  { name: 'lint', command: [node, bin('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'import rule', command: [node, tsx, join(root, 'scripts/check-rooms.ts')] },
  { name: 'types', command: [node, bin('typescript/bin/tsc')] },
  { name: 'types of the demo', command: [node, bin('svelte-check/bin/svelte-check'), ...svelte] },
  { name: 'build', command: [node, tsx, join(root, 'scripts/build.ts')] },
  { name: 'size', command: [node, tsx, join(root, 'scripts/size.ts')] },
];
const projects = ['unit', 'gpu-gles', 'gpu-ss', 'pages', 'demo', 'examples'];

/** GPU tests that Node runs too: of each part of the engine something, and nothing slow. */
const inNode = [
  ...['activations', 'control-flow', 'image-to-tensor.ss', 'layout.ss', 'profile.ss', 'quantize'],
  ...['resize', 'shared-buffers', 'staged', 'top-k', 'unread-outputs'],
].map((name) => `test/gpu/${name}.test.ts`);

if (!(await findBrowser())) {
  console.error(
    'The GPU tests need Chrome or Chromium, and none was found. ' +
      'Run "npx wgconv browser --install", or set CHROME_PATH.',
  );
  process.exit(1);
}

const summary: { name: string; counts: Counts; seconds: number }[] = [];
for (const { name, command } of checks) step(name, () => runCheck(command));
for (const project of projects) step(`tests: ${project}`, () => runTests(project));
const adapter = await findNodeAdapter();
step('tests: gpu-node', () => {
  console.log(adapter ? `Adapter: ${adapter.description}` : noNodeAdapter);
  return adapter ? runTests('gpu-node', inNode, adapter.env) : nothing;
});

console.log();
for (const { name, counts, seconds } of summary) {
  const verdict = counts.failed > 0 ? 'FAILED' : 'ok';
  console.log(`${name.padEnd(18)} ${verdict.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s`);
}
const sum = (key: keyof Counts) => summary.reduce((total, { counts }) => total + counts[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

function step(name: string, work: () => Counts): void {
  console.log(`\n[${summary.length + 1}/${checks.length + projects.length + 1}] ${name}`);
  const start = performance.now();
  const counts = work();
  summary.push({ name, counts, seconds: (performance.now() - start) / 1000 });
}

/** Whether the command ended well; its output is shown as it comes. */
function run(command: readonly string[], variables: NodeJS.ProcessEnv = {}): boolean {
  const [program = '', ...args] = command;
  const env = { ...process.env, ...variables };
  return spawnSync(program, args, { cwd: root, env, stdio: 'inherit' }).status === 0;
}

function runCheck(command: readonly string[]): Counts {
  return { passed: 0, failed: run(command) ? 0 : 1, skipped: 0 };
}

function runTests(
  project: string,
  files: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'wgconv-test-'));
  try {
    const file = join(folder, 'result.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const vitest = [node, bin('vitest/vitest.mjs'), 'run', `--project=${project}`];
    const well = run([...vitest, ...files, ...reporters], env);
    const counts = existsSync(file) ? readCounts(file) : nothing;
    // A file that does not load, or a browser that does not start, fails without a failed test.
    return well || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readCounts(file: string): Counts {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  const count = (key: string) => result[key] ?? 0;
  return {
    passed: count('numPassedTests'),
    failed: count('numFailedTests'),
    skipped: count('numPendingTests') + count('numTodoTests'),
  };
}
