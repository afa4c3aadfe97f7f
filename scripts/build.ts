/** Builds `dist/`: the engine as browser modules, its declarations, and the Node command. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'vite';
import { buildCommand } from './build-command.ts';
import { calledMethods } from './called-methods.ts';
import { fewerFiles } from './fewer-files.ts';
import { minifyWgsl } from './minify-wgsl.ts';
import { workerAddress } from './worker-address.ts';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

/**
 * Packages that are copied into the engine's modules, so that a page needs no bundler. Of
 * wgsl-preprocessor nothing is left: its directives are compiled.
 */
const bundled = ['pbf', 'comlink'];

/** What a page imports: `wgconv`, whose file is called otherwise in the end, and its parts. */
const entries = {
  entry: join(root, 'src/index.ts'),
  layers: join(root, 'src/layers/index.ts'),
  image: join(root, 'src/image/index.ts'),
  worker: join(root, 'src/worker/index.ts'),
  /** What runs in the worker. */
  'worker-main': join(root, 'src/worker/worker-main.ts'),
  /** `wgconv` for Node. */
  node: join(root, 'src/node/index.ts'),
};

/** Modules that the entry and all operators share, and those that nearly every network needs. */
const alwaysNeeded = new RegExp(
  [
    'src/core/(?!special|integrity)',
    'src/plan/|src/gpu/(?!request-again)|src/graph/(?!builder)|src/session/(?!sketch|accuracy|verify|compare|raw|replay|staged|fed-indices|cpu|watch|explain|activations|closest|profile/|tune/)',
    'src/ops/(operator|device-tensor|dims|layouts|facts|attributes|build-node|index|lazy|window)\\.ts',
    'src/ops/pointwise/(beside-c4|unary-layouts|binary|binary-traits|clip|kernels|attributes|broadcasting)\\.ts',
    'shaders/lib/(kernel|layout|preprocessor|nan|words|unroll)\\.ts',
    'shaders/lib/(activations|epilogue|binary)\\.ts',
  ].join('|'),
);

/**
 * What is fetched together, where the bundler would make a file of each part: many small files
 * compress badly, and who needs one of these mostly needs others.
 */
const together = {
  base: alwaysNeeded,
  // Who verifies needs many oracles; those that move data also run on the host.
  references:
    /src\/ops\/(?!movement|shape).*(reference|definitions)|src\/ops\/(slack|reduce\/fold)/,
  checks:
    /src\/session\/(accuracy|verify|compare|raw|replay|watch|explain-fault)\.ts|src\/core\/special|src\/gpu\/request-again/,
  // What an author of a page looks at.
  inside: /src\/session\/(activations|closest-names|profile\/|tune\/(pass-timer|stopwatch))/,
  // Who keeps files, says which they must be, or has some beside the model.
  files:
    /src\/(formats\/model-cache|core\/integrity|formats\/onnx\/(external|arriving)|session\/sketch)/,
  movement:
    /src\/ops\/movement\/(?!reference)|shaders\/(strided_copy|copy_channels|pad|fill|permute)\./,
  indexed:
    /src\/session\/fed-indices|src\/ops\/(indexed|top-k)\/(?!reference)|shaders\/(gather|scatter|top_k|lib\/indexed)/,
  einsum: /src\/ops\/einsum\/(?!reference)|shaders\/contract/,
  selections: /src\/ops\/selection\/|src\/session\/staged|src\/passes\/cut-stages/,
  unary: /src\/ops\/pointwise\/unary\.ts|shaders\/lib\/unary\.ts/,
  shape: /src\/ops\/shape\/(?!views|reference)|shaders\/cast/,
  pointwise:
    /src\/ops\/pointwise\/|shaders\/pointwise_|shaders\/lib\/(unary-functions|broadcast|binary-helpers)/,
  pool: /src\/ops\/pool\/(operators|lower|window)\.ts/,
  windows: /src\/ops\/pool\/lower-windows\.ts|shaders\/(lib\/)?pool/,
  products: /src\/ops\/(gemm|matmul)\/|shaders\/(gemm|gemm_sum|matvec|lib\/(matrix|subgroups))\.ts/,
  // Who has BatchNormalization has mostly something to fold it into.
  norms:
    /src\/ops\/(batch-normalization|lrn)\/(?!reference)|shaders\/(batch_norm|lrn)\.|passes\/fold-batch-norm/,
  // All of conv/ but the algorithms that are fetched for themselves.
  conv: /src\/ops\/conv\/(?!lower-(winograd|patches|grouped|depthwise|subgroup)|reference|winograd-)|shaders\/(pack_conv|conv_direct|gemm_c4|split_sum|lib\/(conv-|split|product-tile))/,
  // What 3×3 convolutions of many channels choose from.
  dense: /src\/ops\/conv\/lower-(patches|winograd)|shaders\/(conv_implicit_gemm|im2col|.*winograd)/,
  reductions: /src\/ops\/(reduce\/(lower|rows)|pool\/norm)\.ts|shaders\/(lib\/)?reduce\.ts/,
  passes: /src\/passes\/(fuse-movement|fuse-gates|fold-pads)/,
} as const;

rmSync(dist, { recursive: true, force: true });
await buildEngine();
await buildCommand(root, join(dist, 'cli'));
buildTypes();
writeLicences();
console.log('Built dist/');

/** The engine: its entries, which share files, and a chunk for what a page loads only when it needs it. */
async function buildEngine(): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [
      minifyWgsl(root),
      calledMethods('/pbf/index.js', 'PbfReader', join(root, 'src/formats/onnx/wire.ts')),
      workerAddress(),
      fewerFiles('entry.js', 'index.js', 'chunks/rolldown-runtime.js'),
    ],
    build: {
      outDir: dist,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      sourcemap: true,
      minify: false,
      lib: { entry: entries, formats: ['es'], fileName: (_, name) => `${name}.js` },
      // A page that loads a chunk must not be told by a helper which others to preload.
      modulePreload: false,
      rolldownOptions: {
        // Node's own modules, and the package that Node has WebGPU from, in what only Node gets.
        external: [/^node:/, 'webgpu'],
        // Groups of modules take what they name, not what those import.
        preserveEntrySignatures: 'allow-extension',
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: chunkName,
          // What every page needs is one file: many small ones compress badly.
          codeSplitting: {
            groups: Object.entries(together).map(([name, test]) => ({
              ...{ name, test, includeDependenciesRecursively: name === 'base' },
            })),
          },
        },
      },
    },
  });
}

interface Chunk {
  readonly name: string;
  readonly facadeModuleId: string | null;
  readonly moduleIds: readonly string[];
}

/** `conv-schema.js` of `ops/conv/schema.ts`, alone or with what it shares with other chunks. */
function chunkName({ name, facadeModuleId, moduleIds }: Chunk): string {
  if (name === 'base') return 'index.js';
  // The bundler's own modules have names that no file can have.
  const module = facadeModuleId ?? moduleIds.findLast((id) => !id.startsWith('\0'));
  if (name in together || !module) return `chunks/${name}.js`;
  return `chunks/${basename(dirname(module))}-${basename(module, '.ts')}.js`;
}

function buildTypes(): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  });
}

/** Their licences ask that the notice travels with the copied code. */
function writeLicences(): void {
  const texts = bundled.map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.txt', 'LICENSE.md'].find((f) => existsSync(join(folder, f)));
    if (!file) throw new Error(`${name} ships no licence text to pass on`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}
