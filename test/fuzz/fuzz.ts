/** The graphs of one seed, judged one after another; what disagrees is shrunk. In any host. */

import * as fc from 'fast-check';
import { loadOperators, operatorNames } from '../../src/ops/index.ts';
import type { FuzzCase } from './draft.ts';
import { judge, type Opinions, type Outcome } from './judge.ts';
import { caseOf, type Recipe, recipes } from './recipe.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly graphs: number;
  /** Only these operators. */
  readonly only?: readonly string[] | undefined;
  /** Signatures of what was found before: not found again. */
  readonly seen?: readonly string[] | undefined;
  readonly opinions: Opinions;
  readonly isOver?: () => boolean;
}

export interface Found {
  readonly seed: number;
  readonly note: string;
  readonly signature: string;
  /** Of the smallest graph that shows it; undefined where it took the page down. */
  readonly recipe?: Recipe | undefined;
}

/** How often something was counted. */
export type Counts = Record<string, number>;

/** Plain data, as `Found`: both come out of a page. */
export interface Tally {
  graphs: number;
  nodes: number;
  readonly outcomes: Partial<Record<Outcome, number>>;
  /** Nodes of each operator in graphs that all agreed on. */
  readonly operators: Counts;
  /** Why onnxruntime gave no opinion, or wgconv none. */
  readonly notes: Counts;
}

export function emptyTally(): Tally {
  return { graphs: 0, nodes: 0, outcomes: {}, operators: {}, notes: {} };
}

export function sumOf(a: Tally, b: Tally): Tally {
  const added = (one: Counts, other: Counts) => {
    const sum = { ...one };
    for (const [key, count] of Object.entries(other)) sum[key] = (sum[key] ?? 0) + count;
    return sum;
  };
  return {
    ...{ graphs: a.graphs + b.graphs, nodes: a.nodes + b.nodes },
    outcomes: added(a.outcomes as Counts, b.outcomes as Counts),
    ...{ operators: added(a.operators, b.operators), notes: added(a.notes, b.notes) },
  };
}

/** Shrinking ends after so long; what is smallest by then is reported. */
const shrinkSeconds = 40;

/** Makes the graphs of a seed until their number is reached or one is found on which they disagree. */
export async function fuzz(
  options: FuzzOptions,
  onGraph: (tally: Tally) => void = () => {},
): Promise<{ readonly found?: Found | undefined; readonly tally: Tally }> {
  await loadOperators(operatorNames);
  const tally = emptyTally();
  const { seed, graphs, only, seen = [], opinions, isOver } = options;
  let failing: Found | undefined;
  let since = 0;
  const property = fc.asyncProperty(recipes, async (recipe) => {
    if (failing ? performance.now() - since > shrinkSeconds * 1000 : isOver?.()) return;
    const fuzzCase = caseOf(recipe, only);
    if (!fuzzCase) return;
    const { outcome, note } = await judge(fuzzCase, opinions);
    if (!failing) {
      record(tally, fuzzCase, outcome, note);
      onGraph(tally);
    }
    const signature = signatureOf(note, fuzzCase);
    if (outcome !== 'disagree' || seen.includes(signature)) return;
    if (failing && side(note) !== side(failing.note)) return;
    if (!failing) since = performance.now();
    failing = { seed, note, signature, recipe };
    throw new Error(note);
  });
  const { failed, errorInstance } = await fc.check(property, { seed, numRuns: graphs });
  // An error of this test itself.
  if (failed && !failing) throw errorInstance;
  return { found: await withoutIdleSteps(failing, only, opinions), tally };
}

/** fast-check shortens lists from one end; steps in the middle that nothing depends on go here. */
async function withoutIdleSteps(
  found: Found | undefined,
  only: readonly string[] | undefined,
  opinions: Opinions,
): Promise<Found | undefined> {
  let smallest = found;
  for (let index = found?.recipe?.steps.length ?? 0; index-- > 0; ) {
    const { recipe, note } = smallest ?? {};
    if (!smallest || !recipe || note === undefined) return smallest;
    const fewer = { ...recipe, steps: recipe.steps.toSpliced(index, 1) };
    const fuzzCase = caseOf(fewer, only);
    const verdict = fuzzCase && (await judge(fuzzCase, opinions));
    if (verdict?.outcome !== 'disagree' || side(verdict.note) !== side(note)) continue;
    const signature = signatureOf(verdict.note, fuzzCase as FuzzCase);
    smallest = { ...smallest, note: verdict.note, signature, recipe: fewer };
  }
  return smallest;
}

function record(tally: Tally, { nodes }: FuzzCase, outcome: Outcome, note: string): void {
  tally.graphs++;
  tally.nodes += nodes.length;
  count(tally.outcomes, outcome);
  if (outcome === 'agree') for (const { op } of nodes) count(tally.operators, op);
  else if (outcome !== 'disagree') count(tally.notes, kindOf(note));
}

function count<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** What messages of one kind have in common. */
const kindOf = (note: string): string =>
  note
    .replace(/ERROR_CODE: \d+, ERROR_MESSAGE: /, '')
    .replace(/\/\S*\/|Name:'\w+'|node \(\w+\)|(with name|parameter|node) \S+/g, '…')
    .replace(/-?\d+(\.\d+)?(e[-+]?\d+)?|NaN|Infinity/g, '#')
    .replace(/y#\w*(\[#\])?/g, 'y');

/** What two disagreements have in common that are one defect: the smallest graph's operators, too. */
const signatureOf = (note: string, { nodes }: FuzzCase): string =>
  [kindOf(note), ...nodes.map(({ op }) => op)].join(' ');

/** Who disagrees: while it shrinks, that must stay. */
const side = (note: string): string => note.replace(/:.*$/s, '');
