/** The command line: what is wrong is said, with exit code 2, before anything is started. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeFailure, errorFromMessage, errorToMessage } from '../../../src/cli/failure.ts';
import { parseNumber, parseShape } from '../../../src/cli/options.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { ProgressDisplay } from '../../../src/cli/progress.ts';
import { WgconvError } from '../../../src/core/errors.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { recordingTerminal } from '../../support/recording-terminal.ts';

const manifest = { version: '1.2.3', description: 'the description' };

let folder: string;
let model: string;
let good: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-program-'));
  model = join(folder, 'model.onnx');
  writeFileSync(model, 'not a model');
  good = join(folder, 'good.onnx');
  const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
  const inputs = [{ name: 'x', dims: [1, 1, 2, 2] }];
  writeFileSync(good, encodeModel({ nodes: [relu], inputs, outputs: ['y'] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function wgconv(...args: string[]) {
  const terminal = recordingTerminal();
  const code = await runProgram(args, manifest, terminal);
  return { code, out: terminal.outLines.join('\n'), err: terminal.errLines.join('\n') };
}

test('--help and --version are no errors', async () => {
  expect(await wgconv('--version')).toEqual({ code: 0, out: '1.2.3', err: '' });
  const help = await wgconv('--help');
  expect(help.code).toBe(0);
  for (const command of ['run', 'verify', 'profile', 'inspect', 'check', 'start']) {
    expect(help.out).toContain(`  ${command} [options]`);
  }
  expect((await wgconv('run', '--help')).code).toBe(0);
});

describe('bad usage ends with 2 and a sentence', () => {
  test.each([
    [[], 'Usage: wgconv'],
    [['fly'], "unknown command 'fly'"],
    [['run'], "missing required argument 'model'"],
    [['run', 'm.onnx', '--fast'], "unknown option '--fast'"],
    [['run', 'm.onnx', '--preset', 'nope'], 'Allowed choices are mobilenet'],
    [['run', 'm.onnx', '--preset', 'mnist', '--mean', '1'], 'cannot be used with option'],
    [['run', 'm.onnx', '--mean', '1,2'], 'one number or three'],
    [['run', 'm.onnx', '--scale', '1/x'], 'must be a number'],
    [['run', 'm.onnx', '--top', '0'], 'whole number from 1'],
    [['run', 'm.onnx', '--input', 'x'], 'NAME=VALUE'],
    [['run', 'm.onnx', '--input-shape', 'x=1,a'], 'NAME=1,3,224,224'],
    [['run', 'm.onnx', '--backend', 'gpu'], 'Allowed choices are webgpu, cpu'],
    [['run', 'm.onnx', '--adapter', 'best'], 'Allowed choices are default, cr-ss, cr-gles'],
    [['verify', 'm.onnx', '--random-weights', '-1'], 'whole number from 0'],
    [['profile', 'm.onnx', '--runs', '0'], 'whole number from 1'],
    [['run', '/absent/m.onnx'], 'the model "/absent/m.onnx" does not exist'],
    [['check', '/absent'], 'the folder "/absent" does not exist'],
  ])('wgconv %j', async (args, message) => {
    const { code, err } = await wgconv(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(err).not.toMatch(/\n {4}at /);
  });

  test('a folder without tests', async () => {
    const { code, err } = await wgconv('check', folder);
    expect(err).toContain('holds no ONNX backend test');
    expect(code).toBe(2);
  });

  test('verify on the reference itself, an adapter without a GPU', async () => {
    expect(await wgconv('verify', model, '--backend', 'cpu')).toMatchObject({ code: 2 });
    const { code, err } = await wgconv('run', model, '--backend', 'cpu', '--adapter', 'cr-ss');
    expect(err).toContain('--adapter has no meaning with --backend cpu');
    expect(code).toBe(2);
  });

  test('pictures are read before a browser is started', async () => {
    expect(await wgconv('run', good, '--image', '/absent.png')).toMatchObject({ code: 2 });
    const text = join(folder, 'a.png');
    writeFileSync(text, 'text');
    const { code, err } = await wgconv('run', good, '--image', text);
    expect(err).toBe(`wgconv: the picture "${text}" is neither a PNG nor a JPEG file`);
    expect(code).toBe(1);
  });
});

test('a broken model ends with 1 and a sentence, and with its stack under --debug', async () => {
  const { code, err } = await wgconv('run', model, '--backend', 'cpu', '--quiet');
  expect(code).toBe(1);
  expect(err).toMatch(/^wgconv: the model ".*model.onnx": /);
  expect(err).not.toMatch(/\n {4}at /);
  const debug = await wgconv('run', model, '--backend', 'cpu', '--quiet', '--debug');
  expect(debug.err).toMatch(/\n {4}at /);
});

test('values of options', () => {
  expect(parseNumber('1/255')).toBeCloseTo(0.00392157, 8);
  expect(parseNumber('-2.5')).toBe(-2.5);
  expect(parseShape('a:0=1x3', { b: [2] })).toEqual({ b: [2], 'a:0': [1, 3] });
});

describe('errors that come from the page', () => {
  test('a known one keeps its code and message', () => {
    const error = new WgconvError('limit-exceeded', 'too large', { node: 'n', operator: 'Conv' });
    const copy = errorFromMessage(errorToMessage(error));
    expect(copy).toBeInstanceOf(WgconvError);
    expect(copy).toMatchObject({ code: 'limit-exceeded', message: error.message });
  });

  test('what the engine says to the author of a page is said to a command line', () => {
    const error = new WgconvError('no-webgpu', "Use { backend: 'cpu' } here.");
    expect(describeFailure(error, false)).toBe('wgconv: Use --backend cpu here.');
  });

  test('an unknown one is called unexpected', () => {
    const copy = errorFromMessage(errorToMessage(new TypeError('no function')));
    expect(describeFailure(copy, false)).toBe(
      'wgconv: unexpected error: TypeError: no function\nRun it again with --debug to see where.',
    );
  });
});

describe('progress where there is no terminal', () => {
  test('a line for each kind of work, then one every five seconds', () => {
    let now = 0;
    const terminal = recordingTerminal();
    const progress = new ProgressDisplay(terminal, false, () => now);
    progress.report({ stage: 'verify', done: 1, total: 90 });
    now = 4999;
    progress.report({ stage: 'verify', done: 2, total: 90 });
    now = 5000;
    progress.report({ stage: 'verify', done: 3, total: 90 });
    expect(terminal.errLines).toEqual(['Checking nodes', 'Checking nodes: 3 of 90']);
  });

  test('bytes are shown as megabytes, of an unknown whole those that are read', () => {
    let now = 0;
    const terminal = recordingTerminal();
    const progress = new ProgressDisplay(terminal, false, () => now);
    const read = { stage: 'read', unit: 'bytes', detail: 'model.onnx' } as const;
    progress.report({ ...read, done: 0, total: undefined });
    now = 5000;
    progress.report({ ...read, done: 1_540_000, total: undefined });
    now = 10_000;
    progress.report({ ...read, done: 1_540_000, total: 13_600_000 });
    expect(terminal.errLines).toEqual(['Reading', 'Reading: 1.5 MB', 'Reading: 1.5 of 13.6 MB']);
  });

  test('nothing under --quiet', () => {
    const terminal = recordingTerminal();
    new ProgressDisplay(terminal, true).report({ stage: 'prepare', done: 0, total: 1 });
    expect(terminal.errLines).toEqual([]);
  });
});
