/**
 * The built command from end to end, in a process of its own: on the CPU, and in Chromium on the
 * adapter that every machine has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand } from '../../../scripts/build-command.ts';
import { findBrowser } from '../../../src/cli/browser.ts';
import { readNpy, writeNpy } from '../../../src/cli/npy.ts';
import { elementsOf, type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { encodeModel, encodeTensor } from '../../support/onnx-writer.ts';

const root = resolve(import.meta.dirname, '../../..');
/** Two levels below the root, as the installed command is. */
const built = join(root, '.cache', `cli-test-${process.pid}`);
const browser = await findBrowser();

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-command-'));
  rmSync(built, { recursive: true, force: true });
  await buildCommand(root, built);
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(built, { recursive: true, force: true });
});

function wgconv(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(built, 'main.js'), ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

const floats = (dims: number[], ...values: number[]): HostTensor =>
  hostTensor('float32', dims, Float32Array.from(values));

/** y = [x₁ + x₀ + ½, …]: a Gemm whose values can be followed by eye. */
const classifier = (): Uint8Array =>
  encodeModel({
    nodes: [
      { op: 'Flatten', name: 'flatten', inputs: ['x'], outputs: ['flat'] },
      { op: 'Gemm', name: 'dense', inputs: ['flat', 'w', 'b'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: ['N', 1, 1, 2] }],
    outputs: [{ name: 'y', dims: ['N', 3] }],
    initializers: {
      w: floats([2, 3], 1, 2, 3, 4, 5, 6),
      b: floats([3], 0.5, 0, -1),
    },
  });

/** Folders as the ONNX project publishes them; the first is right, the second's result is not. */
function writeTests(): string {
  const tests = join(folder, 'tests');
  const model = encodeModel({
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['y'],
  });
  const unknown = encodeModel({
    nodes: [{ op: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['y'],
  });
  const add = (name: string, bytes: Uint8Array, y: HostTensor) => {
    const set = join(tests, name, 'test_data_set_0');
    mkdirSync(set, { recursive: true });
    writeFileSync(join(tests, name, 'model.onnx'), bytes);
    writeFileSync(join(set, 'input_0.pb'), encodeTensor(floats([3], -1, 0, 2), 'x'));
    writeFileSync(join(set, 'output_0.pb'), encodeTensor(y, 'y'));
  };
  add('test_a_right', model, floats([3], 0, 0, 2));
  // Relu is exact: here the reference contradicts the published value and decides.
  add('test_b_published_wrong', model, floats([3], 0, 0, 3));
  add('test_c_shape', model, floats([1, 3], 0, 0, 2));
  add('test_d_unknown', unknown, floats([3], 0, 0, 2));
  add('test_e_broken', model.subarray(0, 12), floats([3], 0, 0, 2));
  return tests;
}

const backends = [['cpu', ['--backend', 'cpu']], ...(browser ? [webgpu()] : [])] as const;

/** SwiftShader comes with every Chromium. */
function webgpu() {
  return ['webgpu', ['--adapter', 'cr-ss']] as const;
}

test.skipIf(browser)('no Chrome or Chromium: the command is only tested on the CPU', () => {});

describe.each(backends)('on %s', (backend, options) => {
  test('run with a tensor writes an output and JSON', () => {
    const model = write('model.onnx', classifier());
    const input = write('x.npy', writeNpy(floats([1, 1, 1, 2], 1, 2)));
    const [output, report] = [join(folder, 'y.npy'), join(folder, 'run.json')];
    const { status, stdout, stderr } = wgconv(
      ...['run', model, '--input', `x=${input}`, '--output', `y=${output}`, '--json', report],
      ...options,
    );
    expect(stderr).not.toContain('wgconv:');
    expect(status).toBe(0);
    // [1·1 + 2·4 + ½, 1·2 + 2·5, 1·3 + 2·6 − 1]
    expect([...elementsOf(readNpy(readFileSync(output)))]).toEqual([9.5, 12, 14]);
    expect(stdout).toContain('holds no probabilities: softmax made these');
    const { runs, backend: used } = json(report);
    expect(used).toBe(backend);
    expect(runs).toHaveLength(1);
    expect(runs[0].outputs[0]).toMatchObject({ name: 'y', dims: [1, 3] });
    expect(runs[0].outputs[0].classification.top[0]).toMatchObject({ rank: 1, index: 2 });
  }, 60_000);

  test('run with pictures shows a table of labels for each', () => {
    const model = write('model.onnx', classifier());
    const labels = write('labels.txt', new TextEncoder().encode('cat\ndog\r\nbird\n'));
    const png = new PNG({ width: 2, height: 1 });
    png.data = Buffer.from([255, 255, 255, 255, 0, 0, 0, 255]);
    const picture = write('p.png', PNG.sync.write(png));
    const { status, stdout } = wgconv(
      ...['run', model, '--image', picture, picture, '--labels', labels, '--preset', 'mnist'],
      ...['--top', '2', '--quiet', ...options],
    );
    expect(status).toBe(0);
    // Scores 1.5, 2, 2: a tie goes to the class that comes first.
    const lines = stdout.split('\n').filter((line) => /^ +\d/.test(line));
    expect(lines.map((line) => line.trim().split(/ +/).slice(0, 2))).toEqual([
      ['1', 'dog'],
      ['2', 'bird'],
      ['1', 'dog'],
      ['2', 'bird'],
    ]);
  }, 60_000);

  test('check counts what passes, fails, is unsupported or broken', () => {
    const report = join(folder, 'check.json');
    const { status, stdout } = wgconv('check', writeTests(), '--json', report, ...options);
    expect(status).toBe(1);
    const { summary, cases, adapter } = json(report);
    expect(summary).toEqual({ pass: 2, fail: 1, unsupported: 1, error: 1 });
    expect(cases.map(({ name, status }: Record<string, string>) => [name, status])).toEqual([
      ['test_a_right', 'pass'],
      ['test_b_published_wrong', 'pass'],
      ['test_c_shape', 'fail'],
      ['test_d_unknown', 'unsupported'],
      ['test_e_broken', 'error'],
    ]);
    expect(cases[0]).toMatchObject({ ranOn: backend === 'cpu' ? 'cpu' : 'gpu', maxError: 0 });
    expect(cases[1].referenceDecided).toBe(true);
    expect(cases[2].reason).toBe('the shape is [3], not [1,3]');
    expect(adapter.backend).toBe(backend);
    expect(stdout).toContain('2 of 5 pass');
    expect(stdout).toContain('against the published value: test_b_published_wrong');
  }, 60_000);

  test('check of one right folder ends with 0', () => {
    const right = join(writeTests(), 'test_a_right');
    expect(wgconv('check', right, ...options).status).toBe(0);
  }, 60_000);

  test('inspect shows operators, shapes and sizes, and all that is unsupported', () => {
    const model = write('model.onnx', classifier());
    const { status, stdout } = wgconv('inspect', model, ...options);
    expect(status).toBe(0);
    expect(stdout).toMatch(/1 {2}Flatten/);
    expect(stdout).toMatch(/input +x +float32 +\[N,1,1,2\] +\[1,1,1,2\]/);
    expect(stdout).toContain('9 parameters, 6 multiply-adds a run');
    const unknown = encodeModel({
      nodes: [
        { op: 'NoSuch', name: 'a', inputs: ['x'], outputs: ['y'] },
        { op: 'NorThis', name: 'b', inputs: ['y'], outputs: ['z'] },
      ],
      inputs: [{ name: 'x', dims: [3] }],
      outputs: ['z'],
    });
    const lacking = wgconv('inspect', write('unknown.onnx', unknown), ...options);
    expect(lacking.status).toBe(1);
    expect(lacking.stdout).toMatch(/NoSuch +a/);
    expect(lacking.stdout).toMatch(/NorThis +b/);
  }, 60_000);

  test('start recognises the digits that come with wgconv', () => {
    const report = join(folder, 'start.json');
    const { status, stdout } = wgconv('start', '--json', report, ...options);
    expect(status).toBe(0);
    const { digits, verify } = json(report);
    expect(digits).toHaveLength(10);
    // The pictures are named by what they show.
    for (const { file, digit } of digits) expect(`${digit}`, file).toBe(file[0]);
    expect(stdout).toContain('Where to go next:');
    if (backend === 'webgpu') expect(verify).toMatchObject({ ok: true, failed: 0, unchecked: 0 });
  }, 60_000);

  test('a missing input is bad usage, and named', () => {
    const model = write('model.onnx', classifier());
    const { status, stderr } = wgconv('run', model, ...options);
    expect(status).toBe(2);
    expect(stderr).toContain('nothing is given for "x" (float32[N,1,1,2])');
  }, 60_000);
});

describe.each(backends)('profile on %s', (backend, options) => {
  test('prints the nodes, and writes a trace and JSON', () => {
    const model = write('model.onnx', classifier());
    const [trace, report] = [join(folder, 'trace.json'), join(folder, 'profile.json')];
    const files = ['--trace', trace, '--json', report];
    // As often as it does by itself in the browser, as often as it is told on the CPU.
    const [given, times] = backend === 'cpu' ? [['--runs', '2'], 2] : [[], 10];
    const { status, stdout, stderr } = wgconv('profile', model, ...given, ...files, ...options);
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
    expect(stdout).toContain(`The trace is in ${trace}`);
    const { place, nodes, runs } = json(report);
    expect([place.backend, runs]).toEqual([backend, times]);
    const dense = nodes.find(({ name }: { name: string }) => name === 'dense');
    expect(dense).toMatchObject({ operator: 'Gemm', macs: 6 });
    const { traceEvents } = json(trace);
    const spans = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
    const timed = nodes.filter(({ milliseconds }: { milliseconds: number }) => milliseconds > 0);
    expect(spans).toHaveLength(timed.length);
    if (backend === 'cpu') expect(stdout).toMatch(/ms +\d+\.\d % +dense +Gemm +cpu/);
  }, 60_000);
});

describe.runIf(browser)('verify in the browser', () => {
  test('ends with 0 where every node passes', () => {
    const model = write('model.onnx', classifier());
    const report = join(folder, 'verify.json');
    const { status, stdout } = wgconv('verify', model, '--json', report, ...webgpu()[1]);
    expect(stdout).toContain('OK: ');
    expect(status).toBe(0);
    expect(json(report)).toMatchObject({ ok: true, failed: 0, unchecked: 0 });
    expect(json(report).endToEnd[0].output).toBe('y');
  }, 60_000);

  test('ends with 1 where an output shows nothing', () => {
    const zeros = encodeModel({
      nodes: [{ op: 'Mul', name: 'nothing', inputs: ['x', 'zero'], outputs: ['y'] }],
      inputs: [{ name: 'x', dims: [4] }],
      outputs: ['y'],
      initializers: { zero: floats([4], 0, 0, 0, 0) },
    });
    const model = write('zeros.onnx', zeros);
    const plain = wgconv('verify', model, ...webgpu()[1]);
    expect(plain.stdout).toContain('1 result could not be checked');
    expect(plain.status).toBe(1);
    // With weights that are not zero there is something to see.
    expect(wgconv('verify', model, '--random-weights', '7', ...webgpu()[1]).status).toBe(0);
  }, 60_000);

  test('a browser that does not start, and one without an adapter, say so and offer the CPU', () => {
    const model = write('model.onnx', classifier());
    const input = write('x.npy', writeNpy(floats([1, 1, 1, 2], 1, 2)));
    const run = (path: string) =>
      spawnSync(process.execPath, [join(built, 'main.js'), 'run', model, '--input', `x=${input}`], {
        encoding: 'utf8',
        env: { ...process.env, CHROME_PATH: path },
      });
    // On Linux, Chrome gives a page no adapter unless it is told to.
    const script = `#!/bin/sh
for word do
  shift
  case $word in *webgpu*|*Vulkan*|*vulkan*) ;; *) set -- "$@" "$word" ;; esac
done
exec '${browser}' "$@" --disable-gpu
`;
    const blind = write('chrome', new TextEncoder().encode(script));
    chmodSync(blind, 0o755);
    const results = [
      ['does not start', run(process.execPath)],
      ...(process.platform === 'linux' ? ([['offers no adapter', run(blind)]] as const) : []),
    ] as const;
    for (const [message, { status, stderr }] of results) {
      expect(stderr).toContain(message);
      expect(stderr).toContain('--backend cpu');
      expect(stderr).not.toMatch(/\n {4}at /);
      expect(status).toBe(1);
    }
  }, 60_000);

  test.skipIf(process.platform === 'win32')(
    'Ctrl-C ends it and its browser quietly',
    async () => {
      // Half a minute of work in the float64 loops of the check.
      const conv = { op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] };
      const dims = [64, 64, 5, 5];
      const w = hostTensor('float32', dims, new Float32Array(64 * 64 * 25).fill(0.01));
      const model = write(
        'long.onnx',
        encodeModel({
          nodes: [conv],
          inputs: [{ name: 'x', dims: [1, 64, 200, 200] }],
          outputs: ['y'],
          initializers: { w },
        }),
      );
      // A browser of its own name, to see whether it is gone.
      const profile = join(folder, 'interrupted');
      const chrome = write(
        'interrupted-chrome',
        new TextEncoder().encode(
          `#!/bin/sh\nexec '${browser}' "$@" --crash-dumps-dir=${profile}\n`,
        ),
      );
      chmodSync(chrome, 0o755);
      const running = () =>
        spawnSync('pgrep', ['-f', `crash-dumps-dir=${profile}`], { encoding: 'utf8' }).stdout;
      const child = spawn(process.execPath, [join(built, 'main.js'), 'verify', model], {
        env: { ...process.env, CHROME_PATH: chrome },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      const checking = new Promise<void>((resolve) => {
        child.stderr.on('data', (text) => {
          said += text;
          if (said.includes('Checking nodes')) resolve();
        });
      });
      const ended = new Promise<number | null>((resolve) => {
        child.on('close', resolve);
      });
      await Promise.race([checking, ended]);
      expect(running()).not.toBe('');
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(said).not.toContain('unexpected error');
      expect(running()).toBe('');
    },
    60_000,
  );

  test('an algorithm that no node offers is bad usage', () => {
    const model = write('model.onnx', classifier());
    const { status, stderr } = wgconv('verify', model, '--algorithm', 'nope', ...webgpu()[1]);
    expect(stderr).toContain('no node offers the algorithm "nope"');
    expect(status).toBe(2);
  }, 60_000);
});
