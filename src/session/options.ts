/** Options that nobody knows are refused by name: a typo must not be taken for a wish fulfilled. */

import { WgconvError } from '../core/errors.ts';
import type { DeviceOptions } from '../gpu/device.ts';
import type { DisabledPass } from '../passes/index.ts';
import type { SessionOptions } from './session.ts';

/** The types see to it that none is forgotten. */
const sessionOptions: Readonly<Record<keyof SessionOptions, true>> = {
  ...{ backend: true, gpu: true, algorithm: true, disable: true },
  ...{ onProgress: true, transform: true },
};
const gpuOptions: Readonly<Record<keyof DeviceOptions, true>> = {
  ...{ device: true, powerPreference: true, compatibilityLimits: true, ceiling: true },
  experimentalSubgroupMatrix: true,
};
const passes: Readonly<Record<DisabledPass, true>> = {
  ...{ 'fold-constants': true, 'dead-code': true, 'fold-pads': true },
  ...{ 'fold-batch-norm': true, 'fuse-gates': true },
  ...{ 'fuse-epilogue': true, 'fuse-movement': true, 'assign-layouts': true },
};
const backends: Readonly<Record<NonNullable<SessionOptions['backend']>, true>> = {
  ...{ webgpu: true, cpu: true, auto: true },
};

/** @throws WgconvError `invalid-argument` naming what is unknown and what there is. */
export function checkOptions(options: SessionOptions): void {
  refuseUnknown('option', options, sessionOptions);
  refuseUnknown('option of gpu', options.gpu, gpuOptions);
  refuseUnknown('backend', { [options.backend ?? 'webgpu']: true }, backends);
  const disabled = options.disable ?? [];
  refuseUnknown('pass', Object.fromEntries(disabled.map((name) => [name, true])), passes);
}

/** @throws WgconvError `invalid-argument` naming the first key of `given` that is none of `known`. */
export function refuseUnknown(
  what: string,
  given: object | undefined,
  known: Readonly<Record<string, true>>,
): void {
  const unknown = Object.keys(given ?? {}).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const list = Object.keys(known).map((name) => `'${name}'`);
  throw new WgconvError(
    'invalid-argument',
    `there is no ${what} "${unknown}"; use ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`,
  );
}
