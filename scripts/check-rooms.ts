/**
 * The import rule: a room of the source imports only from rooms above it, files form no cycle, and
 * nothing that reaches a page needs Node or a package that the engine does not list.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type IFlattenedRuleSet, type IForbiddenRuleType } from 'dependency-cruiser';

/** The rooms from the ground up. Each is a folder of `src`, but `shaders`, which is at the top. */
const rooms = [
  'core',
  'shaders',
  'gpu',
  'graph',
  'ops',
  'layers',
  'formats',
  'passes',
  'plan',
  'session',
  'image',
  'worker',
  'node',
  'cli',
] as const;

/** Packages that the engine may import; every other one would be downloaded by a page's user. */
const enginePackages = ['wgsl-preprocessor', 'pbf'];

/** Those that one room alone may import besides, for who uses it alone downloads them. */
const roomPackages = { worker: ['comlink'] } as const;

const folder = (room: string) => (room === 'shaders' ? 'shaders' : `src/${room}`);
const within = (names: readonly string[]) => `^(${names.map(folder).join('|')})/`;

const index = '^src/index\\.ts$';
/** What reaches a page. */
const engine = `^(shaders/|src/(?!cli/|node/))`;

function orderRules(): IForbiddenRuleType[] {
  return rooms.slice(0, -1).map((room, position) => ({
    name: `order: ${room}`,
    comment: `${folder(room)} may import from: ${rooms.slice(0, position + 1).join(', ')}`,
    severity: 'error',
    from: { path: within([room]) },
    // What Node imports in its place passes on all of it.
    to: { path: [within(rooms.slice(position + 1)), ...(room === 'node' ? [] : [index])] },
  }));
}

const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    ...orderRules(),
    {
      name: 'no cycles',
      comment: 'files that import each other cannot be read, tested or loaded one at a time',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'index without Node',
      comment: 'the package as a page imports it holds nothing of src/node and src/cli',
      severity: 'error',
      from: { path: index },
      to: { path: within(['node', 'cli']) },
    },
    {
      name: 'known rooms',
      comment: `a file of the source lies in one of the rooms: ${rooms.join(', ')}`,
      severity: 'error',
      from: { path: '^(src|shaders)/' },
      to: { path: `^src/(?!(${rooms.join('|')})/|index\\.ts$)` },
    },
    {
      name: 'own source only',
      comment: 'the source imports nothing from tests, benchmarks, demos or scripts',
      severity: 'error',
      from: { path: '^(src|shaders)/' },
      to: { path: '^(test|bench|demo|scripts)/' },
    },
    {
      name: 'no node in the engine',
      comment: 'the engine runs in pages, where the modules of Node do not exist',
      severity: 'error',
      from: { path: engine },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine packages',
      comment: `the engine may import only: ${enginePackages.join(', ')}`,
      severity: 'error',
      from: { path: engine },
      to: {
        path: 'node_modules',
        pathNot: `node_modules/(${[...enginePackages, ...Object.values(roomPackages).flat()].join('|')})/`,
      },
    },
    ...Object.entries(roomPackages).map(
      ([room, packages]): IForbiddenRuleType => ({
        name: `packages of ${room}`,
        comment: `only ${folder(room)} may import ${packages.join(', ')}`,
        severity: 'error',
        from: { path: engine, pathNot: within([room]) },
        to: { path: `node_modules/(${packages.join('|')})/` },
      }),
    ),
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere would escape every other rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
};

/** The broken rules of the source under `base`, one readable line each, and the files looked at. */
export async function checkRooms(base: string): Promise<{ violations: string[]; files: number }> {
  const roots = ['src', 'shaders'].filter((root) => existsSync(join(base, root)));
  const { output } = await cruise(
    roots,
    {
      baseDir: base,
      ruleSet,
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
    },
    { extensions: ['.ts', '.js', '.d.ts', '.json'], exportsFields: ['exports'] },
  );
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered: ${output}`);
  const violations = output.summary.violations.map(({ rule, from, to, cycle, comment }) => {
    const path = cycle ? [from, ...cycle.map(({ name }) => name)].join(' → ') : `${from} → ${to}`;
    return `${path}\n    ${rule.name} (${comment ?? commentOf(rule.name)})`;
  });
  const files = output.modules.filter(({ source }) => /^(src|shaders)\//.test(source)).length;
  return { violations, files };
}

function commentOf(name: string): string {
  return ruleSet.forbidden?.find((rule) => rule.name === name)?.comment ?? '';
}

const isMain = process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href;
if (isMain) {
  const { violations, files } = await checkRooms(resolve(import.meta.dirname, '..'));
  for (const violation of violations) console.error(violation);
  const broken =
    violations.length === 1 ? '1 broken import' : `${violations.length} broken imports`;
  console.log(`Rooms: ${files} files, ${broken}`);
  if (violations.length > 0 || files === 0) process.exitCode = 1;
}
