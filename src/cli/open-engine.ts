/** Starts what the options ask for, hands it to the work, and ends it whatever happens. */

import type { DeviceCaps } from '../gpu/caps.ts';
import { defaultRecipe, findOrInstallBrowser, type Recipe } from './browser.ts';
import { BrowserEngine } from './browser-engine.ts';
import type { Backend, Engine } from './engine.ts';
import type { CommonOptions } from './options.ts';
import type { ProgressDisplay } from './progress.ts';
import { SessionEngine } from './session-engine.ts';
import type { Terminal } from './terminal.ts';

/** Where the work is done, for the reader of a result. */
export interface Place {
  readonly backend: Backend;
  /** One line: the adapter's own name, the browser, how it was started. */
  readonly description: string;
  readonly browser?: string | undefined;
  readonly recipe?: Recipe | undefined;
  readonly device?: DeviceCaps | undefined;
}

export async function withEngine<T>(
  options: CommonOptions,
  terminal: Terminal,
  progress: ProgressDisplay,
  work: (engine: Engine, place: Place) => Promise<T>,
): Promise<T> {
  const { engine, place } = await start(options, terminal, progress);
  try {
    return await work(engine, await place());
  } finally {
    progress.clear();
    await engine.close();
  }
}

async function start(options: CommonOptions, terminal: Terminal, progress: ProgressDisplay) {
  if (options.backend === 'cpu') {
    const engine = new SessionEngine({ backend: 'cpu' }, progress.report);
    const place: Place = {
      backend: 'cpu',
      description: `CPU reference, float64 in Node ${process.version}`,
    };
    return { engine, place: async () => place };
  }
  const executablePath = await findOrInstallBrowser((line) => progress.note(line));
  const recipe = options.adapter ?? defaultRecipe();
  progress.update('Starting the browser', 0, 1);
  const engine = await BrowserEngine.launch({
    executablePath,
    recipe,
    compatibilityLimits: options.compatibilityLimits,
    onProgress: progress.report,
    onConsole: options.debug ? (line) => terminal.err(line) : undefined,
  });
  progress.update('Starting the browser', 1, 1);
  const place = async (): Promise<Place> => {
    const device = await engine.device();
    const browser = engine.browserVersion;
    return {
      backend: 'webgpu',
      description: describeAdapter(device, browser, recipe),
      browser,
      recipe,
      device,
    };
  };
  return { engine, place };
}

export function describeAdapter(
  device: DeviceCaps | undefined,
  browser: string,
  recipe: Recipe,
): string {
  const { vendor = '', architecture = '', description = '' } = device?.adapter ?? {};
  const kind = [vendor, architecture].filter((part) => part !== '').join(' ');
  const name = [description, kind].filter((part) => part !== '').join(', ');
  // In compatibility mode Chrome keeps the adapter's name to itself.
  const shown = name || (recipe === 'cr-gles' ? 'OpenGL ES, compatibility mode' : 'without a name');
  const ceiling = device?.ceiling;
  const software = recipe === 'cr-ss' ? ', in software' : '';
  const speed = ceiling
    ? `, about ${ceiling.gflops.toPrecision(2)} GFLOP/s and ${ceiling.gbps.toPrecision(2)} GB/s`
    : '';
  return `WebGPU adapter: ${shown}${software} (Chrome ${browser}, --adapter ${recipe}${speed})`;
}
