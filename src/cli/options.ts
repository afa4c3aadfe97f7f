/** Options that commands share, and the forms of their values. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Recipe, recipes } from './browser.ts';
import type { Backend } from './engine.ts';
import { UsageError } from './failure.ts';

export interface CommonOptions {
  readonly backend: Backend;
  /** Undefined: what suits this machine. */
  readonly adapter?: Recipe | undefined;
  readonly algorithm?: string | undefined;
  readonly json?: string | undefined;
  readonly compatibilityLimits?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

export function addCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', 'webgpu: in headless Chrome; cpu: float64 loops in Node')
        .choices(['webgpu', 'cpu'])
        .default('webgpu'),
    )
    .addOption(
      new Option(
        '--adapter <recipe>',
        'default: the machine’s GPU; cr-ss: SwiftShader, in software; cr-gles: OpenGL ES, ' +
          'compatibility mode; left out: cr-ss on Linux without a GPU, else default',
      ).choices(recipes),
    )
    .option('--algorithm <name>', 'force an algorithm wherever a node offers it')
    .option('--compatibility-limits', 'stay within WebGPU’s compatibility mode limits')
    .option('--json <file>', 'write the result as JSON too')
    .option('--quiet', 'no progress, and only what matters of the result')
    .option('--debug', 'with an error, show where it happened');
}

/** `name=value` of an option that may be given several times. */
export type Assignment = readonly [name: string, value: string];

/** `NAME=FILE`; the name may contain `=`, a shape or a file name seldom does. */
export function parseAssignment(text: string, previous: readonly Assignment[] = []): Assignment[] {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError(`It must have the form NAME=VALUE, not "${text}".`);
  }
  return [...previous, [text.slice(0, at), text.slice(at + 1)]];
}

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** `NAME=1,3,224,224`, or `x` between the sizes. */
export function parseShape(text: string, previous: Shapes = {}): Shapes {
  const [assignment] = parseAssignment(text);
  const [name, value] = assignment as Assignment;
  const dims = value.split(/[,x]/).map((part) => Number(part.trim() || Number.NaN));
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new InvalidArgumentError(`It must have the form NAME=1,3,224,224, not "${text}".`);
  }
  return { ...previous, [name]: dims };
}

/** `0.485,0.456,0.406`, or one number for all channels. */
export function parseNumbers(text: string): number[] {
  const values = text.split(',').map(parseNumber);
  if (values.length !== 1 && values.length !== 3) {
    throw new InvalidArgumentError(`It must be one number or three, as in 1,2,3, not "${text}".`);
  }
  return values;
}

/** A number, or a fraction as in `1/255`. */
export function parseNumber(text: string): number {
  const [above = '', below = '1', ...more] = text.trim().split('/');
  const value = above.trim() === '' || below.trim() === '' ? Number.NaN : +above / +below;
  if (more.length > 0 || !Number.isFinite(value)) {
    throw new InvalidArgumentError(`It must be a number, not "${text}".`);
  }
  return value;
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`It must be a whole number from 1, not "${text}".`);
  }
  return value;
}

export function parseSeed(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`It must be a whole number from 0, not "${text}".`);
  }
  return value;
}

/** The cpu backend takes no options of a browser; ignoring one would mislead. */
export function checkCommon(options: CommonOptions): void {
  if (options.backend !== 'cpu') return;
  for (const [key, name] of [
    ['adapter', '--adapter'],
    ['algorithm', '--algorithm'],
    ['compatibilityLimits', '--compatibility-limits'],
  ] as const) {
    if (options[key] !== undefined) {
      throw new UsageError(`${name} has no meaning with --backend cpu, which uses no GPU`);
    }
  }
}

/** An algorithm that no node offers is a slip of the pen; forcing it would change nothing. */
export function checkAlgorithm(
  name: string | undefined,
  nodes: readonly { readonly algorithm?: string | undefined }[],
): void {
  if (name === undefined) return;
  const used = [...new Set(nodes.flatMap(({ algorithm }) => algorithm || []))].sort();
  if (used.some((algorithm) => algorithm === name || algorithm.startsWith(`${name}.`))) return;
  throw new UsageError(
    `--algorithm: no node of this model offers "${name}"; they run ${used.join(', ') || 'none'}`,
  );
}
