/**
 * Cold start: a new browser profile for every engine, network and repeat; from opening the page to
 * the first result. A static host is imitated: the engines' own built files, compressed with gzip
 * level 6 before the clock runs, models as they are (float weights hardly compress).
 */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { findOrInstallBrowser, launchArguments, type Recipe } from '../src/cli/browser.ts';
import { version } from '../src/index.ts';
import { timingOf } from './measure.ts';
import { type NetProblem, nets } from './problems/nets.ts';
import type { ColdRow, Role } from './result.ts';
import { root } from './server.ts';

export interface ColdOptions {
  readonly recipe: Recipe;
  readonly peers: readonly string[];
  readonly names: readonly string[];
  readonly repeats: number;
  readonly progress: (line: string) => void;
}

interface ColdEngine {
  readonly name: string;
  readonly role: Role;
  readonly peer?: string;
  readonly version: string;
  /** Body of the page's module; `model`, `name`, `dims` and `seen` are there. */
  readonly script: string;
}

const ortVersion = JSON.parse(
  readFileSync(join(root, 'node_modules/onnxruntime-web/package.json'), 'utf8'),
).version as string;

const ort = (file: string, provider: string) => `
const ort = await import('/ort/${file}');
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
const session = await ort.InferenceSession.create(bytes, { executionProviders: [${provider}] });
seen.session = performance.now();
const length = dims.reduce((a, b) => a * b, 1);
const outputs = await session.run({ [name]: new ort.Tensor('float32', new Float32Array(length), dims) });
seen.first = Object.values(outputs)[0].data[0];`;
const webgpu = "{ name: 'webgpu', preferredLayout: 'NHWC' }";

const engines: readonly ColdEngine[] = [
  {
    ...{ name: 'wgconv', role: 'own', version },
    script: `
const { InferenceSession, Tensor } = await import('/wgconv/index.js');
const session = await InferenceSession.create(model);
await session.prepare({ [name]: dims });
seen.session = performance.now();
const length = dims.reduce((a, b) => a * b, 1);
const outputs = await session.run({ [name]: new Tensor('float32', new Float32Array(length), dims) });
seen.first = Object.values(outputs)[0].data[0];`,
  },
  {
    ...{ name: 'onnxruntime-web webgpu', role: 'peer', peer: 'onnxruntime' },
    version: ortVersion,
    script: ort('ort.webgpu.bundle.min.mjs', webgpu),
  },
  {
    ...{ name: 'onnxruntime-web default', role: 'peer', peer: 'onnxruntime-default' },
    version: ortVersion,
    script: ort('ort.bundle.min.mjs', webgpu),
  },
  {
    ...{ name: 'onnxruntime-web wasm', role: 'yardstick', peer: 'wasm' },
    version: ortVersion,
    script: ort('ort.wasm.bundle.min.mjs', "'wasm'"),
  },
];

export async function coldStarts(options: ColdOptions): Promise<ColdRow[]> {
  if (!existsSync(join(root, 'dist/index.js')))
    throw new Error('the cold start needs dist/: run npm run build first');
  const server = await serve();
  const executablePath = await findOrInstallBrowser((line) => console.error(line));
  const chosen = engines.filter(({ peer }) => !peer || options.peers.includes(peer));
  const rows: ColdRow[] = [];
  try {
    for (const net of nets.filter(({ name }) => options.names.includes(name))) {
      const runs = new Map<string, Run[]>(chosen.map(({ name }) => [name, []]));
      const errors = new Map<string, string>();
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        for (const engine of chosen.toSorted(() => Math.random() - 0.5)) {
          if (errors.has(engine.name)) continue;
          options.progress(`cold start of ${net.name}: ${engine.name}, ${repeat + 1}`);
          try {
            const run = await once(server, executablePath, options.recipe, engine, net);
            runs.get(engine.name)?.push(run);
          } catch (error) {
            errors.set(engine.name, String(error).slice(0, 300));
          }
        }
      }
      for (const engine of chosen) rows.push(rowOf(engine, net, runs, errors));
    }
  } finally {
    server.close();
  }
  return rows;
}

/** Milliseconds in which a browser that has just started is busy with itself. */
const settling = 2000;

interface Run {
  readonly session: number;
  readonly firstResult: number;
  readonly bytes: number;
  readonly requests: number;
}

function rowOf(
  { name, role, version }: ColdEngine,
  net: NetProblem,
  runs: ReadonlyMap<string, Run[]>,
  errors: ReadonlyMap<string, string>,
): ColdRow {
  const base = { net: net.name, engine: name, version, role };
  const list = runs.get(name) ?? [];
  const [first] = list;
  if (!first) return { ...base, error: errors.get(name) ?? 'not run' };
  return {
    ...{ ...base, bytes: first.bytes, requests: first.requests },
    modelBytes: statSync(resolve(root, net.path ?? '')).size,
    session: timingOf(list.map(({ session }) => session)),
    firstResult: timingOf(list.map(({ firstResult }) => firstResult)),
  };
}

async function once(
  server: ColdServer,
  executablePath: string,
  recipe: Recipe,
  engine: ColdEngine,
  net: NetProblem,
): Promise<Run> {
  // Every launch has a profile of its own, which goes with it.
  const browser = await chromium.launch({ executablePath, args: launchArguments(recipe) });
  try {
    const page = await browser.newPage();
    await new Promise((settled) => setTimeout(settled, settling));
    server.show(pageOf(engine, net));
    await page.goto(server.url);
    await page.waitForFunction(() => 'coldSeen' in window, undefined, { timeout: 120_000 });
    const seen = await page.evaluate(
      () =>
        (window as unknown as { coldSeen: { session: number; result: number; error?: string } })
          .coldSeen,
    );
    if (seen.error) throw new Error(seen.error);
    return { session: seen.session, firstResult: seen.result, ...server.count() };
  } finally {
    await browser.close();
  }
}

function pageOf({ script }: ColdEngine, net: NetProblem): string {
  const { name, dims } = net.input;
  return `<!doctype html><link rel="icon" href="data:,"><script type="module">
const model = '/model';
const name = ${JSON.stringify(name)};
const dims = ${JSON.stringify(dims)};
const seen = {};
try {
${script}
seen.result = performance.now();
if (!Number.isFinite(seen.first)) throw new Error('the first result is no number');
} catch (error) { seen.error = String(error); }
window.coldSeen = seen;
</script><!-- ${net.path} -->`;
}

interface ColdServer {
  readonly url: string;
  /** The page that the next visitor gets; the count starts again. */
  show(page: string): void;
  count(): { readonly bytes: number; readonly requests: number };
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

async function serve(): Promise<ColdServer> {
  const folders = { wgconv: 'dist', ort: 'node_modules/onnxruntime-web/dist' };
  const compressed = new Map<string, Buffer>();
  const fileOf = (url: string) => {
    const [, folder = '', ...rest] = new URL(url, 'http://localhost').pathname.split('/');
    if (!(folder in folders) || rest.includes('..')) return undefined;
    const path = join(root, folders[folder as keyof typeof folders], ...rest);
    return existsSync(path) ? path : undefined;
  };
  const zipped = (path: string) => {
    const known = compressed.get(path);
    if (known) return known;
    const bytes = gzipSync(readFileSync(path), { level: 6 });
    compressed.set(path, bytes);
    return bytes;
  };
  for (const name of ['asyncify', 'jsep', '']) {
    const file = ['ort-wasm-simd-threaded', name, 'wasm'].filter(Boolean).join('.');
    zipped(join(root, folders.ort, file));
  }
  let page = '';
  let bytes = 0;
  let requests = 0;
  const server = createServer((request, response) => {
    const send = (body: Buffer, headers: Record<string, string>) => {
      bytes += body.length;
      requests++;
      response.writeHead(200, headers).end(body);
    };
    const url = request.url ?? '/';
    const path = fileOf(url);
    if (url === '/') send(Buffer.from(page), { 'content-type': 'text/html' });
    else if (url === '/model') {
      const model = page.match(/<!-- (.*) -->/)?.[1] ?? '';
      send(readFileSync(resolve(root, model)), { 'content-type': 'application/octet-stream' });
    } else if (path) {
      const type = types[extname(path)] ?? 'application/octet-stream';
      send(zipped(path), { 'content-type': type, 'content-encoding': 'gzip' });
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    show(next) {
      page = next;
      bytes = 0;
      requests = 0;
    },
    count: () => ({ bytes, requests }),
    close: () => void server.close(),
  };
}
