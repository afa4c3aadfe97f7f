/** Constants as nodes, and nodes with bodies. */

import type { DataType } from '../../../src/core/dtype.ts';
import type { BodyInput, NodeInput, ValueInput } from '../../support/onnx-writer.ts';
import { tensorOf, uniform } from '../../support/random.ts';
import type { Draft, Value } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { anyTensor, extents, type Family } from './family.ts';

export const constants: Family = {
  operators: ['Constant'],
  add(op, draft, tape) {
    const seed = tape.int(0, 999);
    const dims = extents(tape, tape.choose([2, 1, 3, 0]));
    const number = tape.int(0, 9) / 4 + 0.125;
    const type = tape.choose(['float32', 'float16', 'int64'] as const satisfies DataType[]);
    const value = uniform(dims, seed, { type, scale: 9 });
    draft.node(
      op,
      [],
      tape.choose([
        { value },
        { value_float: { float: number } },
        { value_floats: { floats: [number, 1] } },
        { value_int: seed },
        { value_ints: [seed, 2, 3] },
      ]),
    );
  },
};

const simple = ['Neg', 'Abs', 'Relu', 'Tanh', 'Identity'] as const;
const pairs = ['Add', 'Sub', 'Mul'] as const;

/** A node or two on `x`, the last of which makes `to`. */
function steps(tape: Tape, x: string, other: string, to: string): NodeInput[] {
  const pair = tape.rarely(2);
  const inner = `${to}_inner`;
  return [
    { op: tape.choose(simple), inputs: [x], outputs: [pair ? inner : to] },
    ...(pair ? [{ op: tape.choose(pairs), inputs: [inner, other], outputs: [to] }] : []),
  ];
}

export const control: Family = {
  operators: ['If', 'Loop'],
  add(op, draft, tape) {
    const x = anyTensor(draft, tape, { leastRank: 1, mostRank: 4 });
    const { type, dims } = x;
    const other = draft.pick(
      tape,
      (value) => value.type === type && `${value.dims}` === `${dims}`,
      () => draft.weight(tape, type, dims),
    );
    if (op === 'Loop') {
      loop(draft, tape, x, other);
      return;
    }
    const branch = (name: string): { graph: BodyInput } => ({
      graph: {
        ...{ name, nodes: steps(tape, x.name, other.name, name), inputs: [] },
        outputs: [{ name, type, dims }],
      },
    });
    const index = draft.nodeCount;
    const condition = draft.weight(tape, 'bool', [], [0, 1]);
    draft.node(
      op,
      [condition],
      { then_branch: branch(`then${index}`), else_branch: branch(`else${index}`) },
      1,
      [{ type, dims }],
    );
  },
};

/** State that goes from turn to turn, and now and then a scan of it. */
function loop(draft: Draft, tape: Tape, x: Value, other: Value): void {
  const { type, dims } = x;
  const turns = tape.choose([2, 1, 3, 0]);
  const scans = turns > 0 && tape.rarely(2);
  const name = (what: string) => `${what}_of${draft.nodeCount}`;
  const [turn, go, before, still, after, scan] = [
    ...['turn', 'go', 'before', 'still', 'after', 'scan'],
  ].map(name) as [string, string, string, string, string, string];
  const state: ValueInput = { name: before, type, dims };
  const flag = (name: string): ValueInput => ({ name, type: 'bool', dims: [] });
  const nodes: NodeInput[] = [
    ...steps(tape, before, other.name, after),
    { op: 'Identity', inputs: [go], outputs: [still] },
    ...(scans ? [{ op: 'Identity', inputs: [after], outputs: [scan] }] : []),
  ];
  const body: BodyInput = {
    nodes,
    inputs: [{ name: turn, type: 'int64', dims: [] }, flag(go), state],
    outputs: [
      flag(still),
      { name: after, type, dims },
      ...(scans ? [{ name: scan, type, dims }] : []),
    ],
  };
  draft.node(
    'Loop',
    [draft.scalar(turns, 'int64'), draft.constant(tensorOf([], [1], 'bool')), x],
    { body: { graph: body } },
    scans ? 2 : 1,
    [{ type, dims }, ...(scans ? [{ type, dims: [turns, ...dims] }] : [])],
  );
}
