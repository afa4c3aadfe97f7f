/** One case of one engine: pass, wrong, error or unsupported, by one rule for all engines. */

import { judgeCase } from '../../src/cli/commands/check.ts';
import type { NamedTensor } from '../../src/cli/engine.ts';
import { evaluateOracle } from '../../src/cli/oracle.ts';
import type { DataSet } from '../../src/cli/test-case.ts';
import { fromReference, toReference } from '../../src/core/reference.ts';
import type { PublishedCase } from './cases.ts';
import type { CaseResult } from './result.ts';

/** What a page answers. */
export interface PageAnswer {
  /** For each data set, the outputs in the model's order. */
  readonly outputs?: readonly (readonly NamedTensor[])[] | undefined;
  readonly ranOn?: string | undefined;
  /** Has fewer element types: its outputs are compared as numbers of the published type. */
  readonly ownTypes?: boolean | undefined;
  readonly error?: string | undefined;
  /** The engine says that it lacks it. */
  readonly unsupported?: boolean | undefined;
}

/** How engines say that they lack something; the last two are onnxruntime's, for a node that no provider takes and an opset that it does not know. */
const lacking =
  /not (yet |currently )?(been )?(supported|implemented|registered)|unsupported|no implementation|could not find an implementation|is not a registered|has no (operator|kernel)|only supports?|no kernel|provider type for .* is not set|only \*guarantees\* support/i;

export async function judgeAnswer(
  published: PublishedCase,
  answer: PageAnswer,
): Promise<CaseResult> {
  const { error, ranOn, outputs = [] } = answer;
  if (error !== undefined) {
    // Without the paths of the machine that an engine was built on.
    const reason = error
      .replace(/\s+/g, ' ')
      .replace(/\/[\w./]+\//g, '')
      .slice(0, 300);
    return { status: answer.unsupported || lacking.test(error) ? 'unsupported' : 'error', reason };
  }
  const sets = published.contested ? await decided(published) : published.sets;
  const got = answer.ownTypes ? outputs.map((set, at) => inPublishedTypes(set, sets[at])) : outputs;
  const { status, reason, referenceDecided } = await judgeCase(
    { bytes: published.model, externalData: [] },
    sets,
    {
      outputs: got,
    },
  );
  const decidedBy =
    referenceDecided || sets !== published.sets ? { referenceDecided: true as const } : {};
  if (status === 'pass') return { status, ranOn, ...decidedBy };
  // Without a reference there is only what implementations disagree about.
  const doubt = published.contested && sets === published.sets ? 'contested: ' : '';
  return { status: 'wrong', reason: doubt + reason, ranOn, ...decidedBy };
}

/** The reference's values in place of the published ones, where wgconv has the operator. */
async function decided({ model, sets }: PublishedCase): Promise<readonly DataSet[]> {
  const values = await Promise.all(
    sets.map(async (set) => {
      const file = { bytes: model, externalData: [] };
      const oracle = await evaluateOracle(file, set.inputs).catch(() => undefined);
      const outputs = oracle?.map(({ name, expected }) => ({ name, ...fromReference(expected) }));
      return outputs ? { inputs: set.inputs, outputs } : undefined;
    }),
  );
  const all = values.filter((set) => set !== undefined);
  return all.length === sets.length ? all : sets;
}

function inPublishedTypes(
  outputs: readonly NamedTensor[],
  set: DataSet | undefined,
): readonly NamedTensor[] {
  return outputs.map((tensor, at) => {
    const type = set?.outputs[at]?.type ?? tensor.type;
    if (type === tensor.type) return tensor;
    const { dims, value } = toReference(tensor);
    const isBig = type === 'int64' || type === 'uint64';
    const values = isBig
      ? BigInt64Array.from(value as Float64Array, (x) => BigInt(Math.trunc(x)))
      : value;
    return { name: tensor.name, ...fromReference({ type, dims, value: values }) };
  });
}
