/** Finds Chrome or Chromium, installs one where none is, and names the ways of starting it. */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { WgconvError } from '../core/errors.ts';

/**
 * A named way of starting the browser, which decides the adapter a page gets:
 *
 * - `default`: the machine's GPU;
 * - `cr-ss`: SwiftShader, Chrome's software Vulkan, in core mode;
 * - `cr-gles`: OpenGL ES through ANGLE, in compatibility mode; without a GPU that is Mesa's
 *   llvmpipe, several times faster than SwiftShader.
 */
export type Recipe = 'default' | 'cr-ss' | 'cr-gles';

export const recipes: readonly Recipe[] = ['default', 'cr-ss', 'cr-gles'];

/** A run must not depend on what Chrome fetches for itself; behind a closed network it also slows. */
const quiet = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

const adapter: Record<Recipe, readonly string[]> = {
  // On Linux, Chrome still asks for these two before it gives a page the GPU's Vulkan.
  default:
    process.platform === 'linux'
      ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan']
      : [],
  // Chrome must compose the page with the same Vulkan, or a canvas of WebGPU ends its GPU process.
  'cr-ss': [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-angle=swiftshader',
  ],
  'cr-gles': [
    '--enable-unsafe-webgpu',
    '--use-angle=gl-egl',
    '--use-webgpu-adapter=opengles',
    '--force-webgpu-compat',
  ],
};

/** The arguments to start the browser with, `--no-sandbox` among them where Chrome runs as root. */
export function launchArguments(recipe: Recipe): string[] {
  // Chrome's sandbox refuses to start as root, as in most containers.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [...sandbox, ...quiet, ...adapter[recipe]];
}

/** `default` where there seems to be a GPU, else `cr-ss`. Only Linux machines tell beforehand. */
export function defaultRecipe(): Recipe {
  if (process.platform !== 'linux') return 'default';
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  const gpu = nodes.some((name) => name.startsWith('renderD')) || existsSync('/dev/nvidia0');
  return gpu ? 'default' : 'cr-ss';
}

/**
 * The path of a browser, or `undefined` where none is. Looks at `CHROME_PATH`, then for an installed
 * Chrome, Chromium or Edge, then for the Chromium that Playwright downloads.
 *
 * @throws WgconvError `invalid-argument` where `CHROME_PATH` is set to something that cannot be run:
 *   quietly taking another browser would measure the wrong one.
 */
export async function findBrowser(): Promise<string | undefined> {
  const chosen = process.env.CHROME_PATH;
  if (chosen) {
    if (runnable(chosen)) return chosen;
    throw new WgconvError(
      'invalid-argument',
      `CHROME_PATH is "${chosen}", which is no program that can be run. ` +
        'Set it to the path of Chrome or Chromium, or unset it.',
    );
  }
  return installedBrowsers().find(runnable) ?? (await playwrightBrowser());
}

/**
 * The path of a browser; installs Chromium where there is none.
 *
 * @param report gets one line per step, for a person to follow.
 * @throws WgconvError `no-webgpu` where none could be installed, saying what to do.
 */
export async function findOrInstallBrowser(report: (line: string) => void): Promise<string> {
  return (await findBrowser()) ?? (await installBrowser(report));
}

/**
 * Installs Chromium: Debian's package where `apt-get` can be run, else the one that Playwright
 * downloads into the user's cache.
 *
 * @param report gets one line per step; the installers' own output goes to standard error.
 * @throws WgconvError `no-webgpu` where both ways fail, saying what was tried and what to do.
 */
export async function installBrowser(report: (line: string) => void): Promise<string> {
  const tried: string[] = [];
  for (const way of [installWithApt, installWithPlaywright]) {
    const failure = await way(report);
    const browser = failure === undefined ? await findBrowser() : undefined;
    if (browser) {
      report(`Chromium is installed: ${browser}`);
      return browser;
    }
    const line = failure ?? 'the installer ended well, but no browser was found afterwards';
    report(`That did not work: ${line}`);
    tried.push(line);
  }
  throw new WgconvError(
    'no-webgpu',
    'wgconv needs Chrome or Chromium, found none and could not install one:\n' +
      `${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install Chrome (https://www.google.com/chrome/) or your system’s chromium package, or set ' +
      'CHROME_PATH to the path of a browser you have.',
    { data: { tried } },
  );
}

/** Debian's own package. Mesa's EGL comes along, since `cr-gles` needs the system's. */
const debianPackages = ['chromium', 'libegl1', 'libgles2', 'libgl1-mesa-dri'];

/** Resolves to why it failed, or to `undefined` where it worked. */
async function installWithApt(report: (line: string) => void): Promise<string | undefined> {
  if (!onPath('apt-get')) return 'apt-get: not on this system';
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    return 'apt-get: needs root, or sudo without a password';
  }
  const steps = [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...debianPackages],
  ];
  for (const step of steps) {
    const command = [...(root ? [] : ['sudo', '-n']), 'apt-get', ...step];
    report(`No browser found; running: ${command.join(' ')}`);
    const failure = await execute(command, { DEBIAN_FRONTEND: 'noninteractive' });
    if (failure) return failure;
  }
  return undefined;
}

/** Resolves to why it failed, or to `undefined` where it worked. */
async function installWithPlaywright(report: (line: string) => void): Promise<string | undefined> {
  const require = createRequire(import.meta.url);
  const cli = join(dirname(require.resolve('playwright-core/package.json')), 'cli.js');
  report('No browser found; running: npx playwright-core install chromium');
  return execute([process.execPath, cli, 'install', 'chromium', '--no-shell']);
}

/** Runs a command with its output on standard error; resolves to why it failed, if it did. */
function execute(command: readonly string[], env = {}): Promise<string | undefined> {
  const [program = '', ...args] = command;
  // Standard output is the caller's: it may be JSON that a program reads.
  const options: SpawnOptions = {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, ...env },
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, options);
    child.on('error', (error) => resolve(`${command.join(' ')}: ${error.message}`));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `${command.join(' ')}: ended with ${signal ?? code}`),
    );
  });
}

function installedBrowsers(): string[] {
  const { platform, env } = process;
  if (platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) =>
      ['Google Chrome', 'Chromium', 'Google Chrome Canary', 'Microsoft Edge'].map((name) =>
        join(folder, `${name}.app`, 'Contents', 'MacOS', name),
      ),
    );
  }
  if (platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA];
    const programs = [
      ['Google', 'Chrome', 'Application', 'chrome.exe'],
      ['Chromium', 'Application', 'chrome.exe'],
      ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
    ];
    return programs.flatMap((program) =>
      folders.flatMap((folder) => (folder ? [join(folder, ...program)] : [])),
    );
  }
  const names = [
    'google-chrome-stable',
    'google-chrome',
    'chromium',
    'chromium-browser',
    'microsoft-edge-stable',
    'microsoft-edge',
  ];
  return [...names.flatMap((name) => onPath(name) ?? []), '/opt/google/chrome/chrome'];
}

/** Playwright's own download; its library is loaded only where nothing else was found. */
async function playwrightBrowser(): Promise<string | undefined> {
  const { chromium } = await import('playwright-core');
  const path = chromium.executablePath();
  return path && runnable(path) ? path : undefined;
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(runnable);
}

function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
