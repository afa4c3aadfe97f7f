/** `docs/conformance.md`: how many cases of each family each engine passes, and every wrong value. */

import {
  type CaseResult,
  type ConformanceResult,
  type EngineName,
  engineNames,
  type Status,
} from './result.ts';

type Case = ConformanceResult['cases'][number];

const statuses: readonly Status[] = ['pass', 'wrong', 'error', 'unsupported'];

function present(result: ConformanceResult): EngineName[] {
  return engineNames.filter((name) => result.cases.some(({ results }) => results[name]));
}

function counts(cases: readonly Case[], engine: EngineName): Readonly<Record<Status, number>> {
  const all = { pass: 0, wrong: 0, error: 0, unsupported: 0 };
  for (const { results } of cases) {
    const status = results[engine]?.status;
    if (status) all[status]++;
  }
  return all;
}

export function countsText(result: ConformanceResult): string[] {
  return present(result).map((engine) => {
    const all = counts(result.cases, engine);
    return `${engine.padEnd(24)} ${statuses.map((status) => `${all[status]} ${status}`).join(', ')}`;
  });
}

export function markdown(result: ConformanceResult): string {
  const engines = present(result);
  const { cases } = result;
  const families = [...new Set(cases.map(({ family }) => family))].sort();
  const blocks = [
    '# Conformance',
    introduction(result),
    '## Where it ran',
    table(
      ['engine', 'version', 'date', 'adapter', 'browser', 'minutes'],
      result.engines.map((run) => [
        ...[run.name, run.version, run.date, `${run.adapter} (\`--adapter ${run.recipe}\`)`],
        ...[run.browser, String(run.minutes)],
      ]),
    ),
    '## In all',
    table(
      ['engine', ...statuses, 'all'],
      engines.map((engine) => {
        const all = counts(cases, engine);
        const sum = statuses.reduce((total, status) => total + all[status], 0);
        return [engine, ...statuses.map((status) => String(all[status])), String(sum)];
      }),
    ),
    ranOnText(result),
    '## By operator family',
    'Cases that pass. What did not: *w* wrong, *e* errors, *u* unsupported.',
    table(
      ['family', 'cases', ...engines],
      families.map((family) => {
        const own = cases.filter((one) => one.family === family);
        return [family, String(own.length), ...engines.map((engine) => cell(own, engine))];
      }),
    ),
    '## Wrong values',
    ...engines.map((engine) => wrongText(result, engine)),
    '## Decided by the reference',
    decidedText(result),
    "## wgconv's own failures",
    failuresText(result),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function introduction({ cases }: ConformanceResult): string {
  return [
    `${cases.length} small models with published results, on wgconv and on other engines of the web, in one headless Chrome: the ONNX project's backend tests of single operators, and small inputs on which engines are known to go wrong. \`npm run conformance\` writes this page; it needs the cases in \`../shared\`. \`--engines wgconv\` runs some engines again and keeps the others' results, \`--filter conv\` runs some cases and prints only, \`--adapter\` chooses how Chrome is started.`,
    '',
    '- **pass**: the type and shape are the published ones, floats within the tolerance of ONNX’s own runner (10⁻³ relative and 10⁻⁷), everything else equal.',
    '- **wrong**: an answer that is not that.',
    '- **unsupported**: the engine says that it lacks the operator, the element type or the attribute. **error**: it fails otherwise, crashes, or gives nothing within 30 s.',
    '- Where the published value lies outside the bound of the float64 reference, or implementations disagree about it, the reference decides for every engine alike; these cases are listed below.',
    '- onnxruntime-web is taken as it comes: its `webgpu` provider leaves nodes that it lacks to its CPU code in WebAssembly. The case still counts as passed; how many models ran on its GPU provider alone (loaded with `disable_cpu_ep_fallback`) is in the line below the totals.',
    '- tfjs reads no ONNX. A case of one node runs through the function of tfjs that a person would take for it, in `bench/conformance/tfjs-operators.ts`; every other case counts as unsupported. It has float32, int32 and bool: int64 is given to it as int32, and its results are compared in the published type.',
  ].join('\n');
}

function cell(cases: readonly Case[], engine: EngineName): string {
  const all = counts(cases, engine);
  const rest = [
    ...(all.wrong > 0 ? [`**${all.wrong} w**`] : []),
    ...(all.error > 0 ? [`${all.error} e`] : []),
    ...(all.unsupported > 0 ? [`${all.unsupported} u`] : []),
  ];
  return rest.length === 0 ? String(all.pass) : `${all.pass} (${rest.join(', ')})`;
}

function ranOnText({ cases }: ConformanceResult): string {
  const on = (engine: EngineName, places: readonly string[]) =>
    cases.filter(({ results }) => {
      const { status, ranOn = '' } = results[engine] ?? {};
      return status === 'pass' && places.includes(ranOn);
    }).length;
  const [own, other] = ['wgconv webgpu', 'onnxruntime-web webgpu'] as const;
  const lines: string[] = [];
  if (cases.some(({ results }) => results[own]))
    lines.push(
      `Of the cases that wgconv's webgpu backend passes, ${on(own, ['gpu'])} ran on the GPU alone, ${on(own, ['mixed'])} partly and ${on(own, ['host'])} on the host (float64, int64 and uint64 arithmetic, shapes, constants).`,
    );
  if (cases.some(({ results }) => results[other]))
    lines.push(
      `Of those that onnxruntime-web's webgpu provider passes, ${on(other, ['gpu'])} ran with that provider alone, ${on(other, ['host'])} only with its CPU code beside it.`,
    );
  return lines.join(' ');
}

function wrongText({ cases }: ConformanceResult, engine: EngineName): string {
  const wrong = cases.filter(({ results }) => results[engine]?.status === 'wrong');
  if (wrong.length === 0) return `### ${engine}\n\nNone.`;
  const rows = wrong.map((one) => [one.name, one.what, reasonOf(one.results[engine])]);
  return `### ${engine}: ${wrong.length}\n\n${table(['case', 'node and input', 'difference'], rows)}`;
}

function decidedText({ cases }: ConformanceResult): string {
  const decided = cases.flatMap(({ name, results }) => {
    const engines = engineNames.filter((engine) => results[engine]?.referenceDecided);
    return engines.length > 0
      ? [[name, engines.map((engine) => `${engine}: ${results[engine]?.status}`).join(', ')]]
      : [];
  });
  return decided.length > 0 ? table(['case', 'engines'], decided) : 'None.';
}

function failuresText({ cases }: ConformanceResult): string {
  const own = engineNames.filter((name) => name.startsWith('wgconv'));
  const rows = cases.flatMap(({ name, what, results }) => {
    // What both backends say alike is one row.
    const texts = new Map<string, string[]>();
    for (const engine of own) {
      const result = results[engine];
      if (!result || result.status === 'pass') continue;
      const text = JSON.stringify([result.status, what, reasonOf(result)]);
      texts.set(text, [...(texts.get(text) ?? []), engine]);
    }
    return [...texts].map(([text, engines]) => [name, engines.join(', '), ...JSON.parse(text)]);
  });
  return rows.length > 0
    ? table(['case', 'backend', 'status', 'node and input', 'reason'], rows)
    : 'None.';
}

function reasonOf(result: CaseResult | undefined): string {
  return result?.reason ?? '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
