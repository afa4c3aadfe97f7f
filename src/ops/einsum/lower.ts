/**
 * Einsum on the device: a matrix product where the labels of two operands lie so, else a general
 * contraction; more than two operands are contracted one after the other, from the left.
 */

import { cast } from '../../../shaders/cast.ts';
import { contract, maxContractRank } from '../../../shaders/contract.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  type Element,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { bytesPerElement, isFloat } from '../../core/dtype.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16, elementBytes } from '../device-tensor.ts';
import type { MatrixOperand, MatrixProduct } from '../gemm/problem.ts';
import { loadProduct, lowerProduct } from '../gemm/product.ts';
import { movement } from '../movement/candidate.ts';
import { halves, joinLoops } from '../movement/loops.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import { wrapShift } from '../pointwise/launch.ts';
import { type Equation, type Labelled, labelled, labelStrides } from './equation.ts';

interface Operand {
  readonly buffer: BufferRole;
  readonly element: Element;
  readonly strides: ReadonlyMap<string, number>;
}

/** One dimension of a loop, and what a step along it moves in both operands. */
interface Loop {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

export function loadEinsum(io: LoweringIO, equation: Equation): Promise<unknown> | undefined {
  const parsed = parse(io, equation);
  return parsed && loadProduct(productOf(io, parsed.labels, parsed.operands));
}

export function lowerEinsum(
  io: LoweringIO,
  equation: Equation,
  caps: DeviceCaps,
): readonly Candidate[] {
  const parsed = parse(io, equation);
  if (!parsed) return [];
  const { labels, operands } = parsed;
  const product = productOf(io, labels, operands);
  return [
    ...(product ? lowerProduct(product, caps) : []),
    ...lowerContraction(io, labels, operands),
  ];
}

function parse(io: LoweringIO, equation: Equation) {
  const inputs = io.inputs.filter((tensor): tensor is DeviceTensor => tensor !== undefined);
  if (inputs.length < io.inputs.length) return undefined;
  const labels = labelled(
    equation,
    inputs.map(({ dims }) => dims),
  );
  const operands = inputs.map(
    ({ dims, element }, index): Operand => ({
      buffer: input(index),
      element,
      strides: labelStrides(labels.terms[index] ?? [], dims, stridesOf(dims)),
    }),
  );
  return { labels, operands };
}

const loopOver =
  (labels: Labelled, a: Operand, b: Operand | undefined) =>
  (label: string): Loop => ({
    size: labels.sizes.get(label) as number,
    a: a.strides.get(label) ?? 0,
    b: b?.strides.get(label) ?? 0,
  });

const merge = (loops: readonly Loop[]): Loop[] => joinLoops(loops, ['a', 'b']);

/** No two buffers of a matrix product are bound in parts that know nothing of the strides here. */
const largestOperand = 2 ** 27;

/**
 * The equation as a batch of matrix products: the last labels of the result are columns of one
 * operand, those before them rows of the other, and all before those a batch.
 */
function productOf(
  { inputs, outputs: [result] }: LoweringIO,
  labels: Labelled,
  operands: readonly Operand[],
): MatrixProduct | undefined {
  const [first, second] = operands;
  if (!first || !second || operands.length > 2 || !result) return undefined;
  if (!isFloat(result.type) && bytesPerElement(result.type) < 4) return undefined;
  const sizes = inputs.map((tensor) => sizeOf(tensor?.dims ?? []));
  if (sizes.some((size) => size * 4 > largestOperand)) return undefined;
  const last = merge(labels.result.map(loopOver(labels, first, second))).at(-1);
  if (!last) return undefined;
  const isSwapped = last.b === 0;
  const [a, b] = isSwapped ? [second, first] : [first, second];
  const outer = merge(labels.result.map(loopOver(labels, a, b)));
  const depth = merge(labels.summed.map(loopOver(labels, a, b)));
  const [along, ...more] = depth;
  if (!along?.size || more.length > 0 || along.a === 0 || along.b === 0) return undefined;
  const columns = outer.pop();
  if (columns?.a !== 0) return undefined;
  const isRow = outer.at(-1)?.b === 0;
  const rows = isRow ? outer.pop() : undefined;
  const operand = (which: 'a' | 'b', row: number, column: number): MatrixOperand => ({
    buffer: (which === 'a' ? a : b).buffer,
    size: sizes[(which === 'a') === isSwapped ? 1 : 0] as number,
    row,
    column,
    batch: outer.map((loop) => loop[which]),
  });
  return {
    element: result.element,
    rows: rows?.size ?? 1,
    columns: columns.size,
    depth: along.size,
    batch: outer.map(({ size }) => size),
    a: operand('a', rows?.a ?? 0, along.a),
    b: operand('b', along.b, columns.b),
    ...{ bias: undefined, alpha: 1, beta: 0, activation: undefined },
  };
}

function lowerContraction(
  { outputs }: LoweringIO,
  labels: Labelled,
  operands: readonly Operand[],
): readonly Candidate[] {
  const [result] = outputs;
  const [first, ...rest] = operands;
  if (!result || !first) return [];
  const dispatches: Dispatch[] = [];
  const scratchBytes: number[] = [];
  // Sums of f16 over several dispatches, or of several operands, are kept in f32.
  const wide = result.element === 'f16' ? 'f32' : result.element;
  const elementsOf = (names: readonly string[]) =>
    names.map((name) => labels.sizes.get(name) as number);
  const makeScratch = (elements: number): BufferRole => {
    scratchBytes.push(align16(elements * 4));
    return scratch(scratchBytes.length - 1);
  };
  let macs = 0;
  const add = (
    a: Operand,
    b: Operand | undefined,
    kept: readonly string[],
  ): Operand | undefined => {
    const isLast = kept === labels.result;
    const own = [...new Set([...a.strides.keys(), ...(b?.strides.keys() ?? [])])];
    const summed = own.filter((label) => !kept.includes(label));
    const loop = loopOver(labels, a, b);
    const [outer, inner] = [merge(kept.map(loop)), merge(summed.map(loop))];
    if (outer.length > maxContractRank || inner.length > maxContractRank) return undefined;
    const count = sizeOf(elementsOf(kept));
    const terms = sizeOf(elementsOf(summed));
    const most = Math.floor(60_000 / (inner.length + 2));
    const throughScratch = !isLast || (terms > most && result.element === 'f16');
    const target = throughScratch ? makeScratch(count) : output(0);
    const element = throughScratch ? wide : result.element;
    macs += count * terms;
    for (let start = 0; start === 0 || start < terms; start += most) {
      dispatches.push(
        dispatch(
          contract,
          { a: a.element, b: b?.element ?? 'none', result: element },
          {
            count,
            rank: outer.length,
            ...halves('sizes', innermostFirst(outer, 'size')),
            ...halves('aStrides', innermostFirst(outer, 'a')),
            ...halves('bStrides', innermostFirst(outer, 'b')),
            sumRank: inner.length,
            ...halves('sumSizes', innermostFirst(inner, 'size')),
            ...halves('aSumStrides', innermostFirst(inner, 'a')),
            ...halves('bSumStrides', innermostFirst(inner, 'b')),
            first: start,
            end: Math.min(terms, start + most),
            wrapShift: wrapShift(result.type),
          },
          [a.buffer, ...(b ? [b.buffer] : []), target],
          lineWorkgroups(count),
        ),
      );
    }
    if (isLast && throughScratch) {
      const fours = Math.ceil(count / 4);
      dispatches.push(
        dispatch(
          cast,
          { from: 'f32', to: 'float16' },
          { count: fours },
          [target, output(0)],
          lineWorkgroups(fours),
        ),
      );
    }
    const dims = elementsOf(kept);
    return { buffer: target, element, strides: labelStrides(kept, dims, stridesOf(dims)) };
  };
  /** Labels of the operands that the result or a later one has, too. */
  const needed = (own: readonly Operand[], later: readonly Operand[]) =>
    [...new Set(own.flatMap(({ strides }) => [...strides.keys()]))].filter(
      (label) => labels.result.includes(label) || later.some(({ strides }) => strides.has(label)),
    );
  /** What one of several operands alone has is summed first: it would multiply the others' loops. */
  const alone = (operand: Operand): Operand | undefined => {
    const kept = needed(
      [operand],
      operands.filter((other) => other !== operand),
    );
    return kept.length < operand.strides.size ? add(operand, undefined, kept) : operand;
  };
  let left = rest.length === 0 ? add(first, undefined, labels.result) : alone(first);
  for (const [index, operand] of rest.entries()) {
    const later = rest.slice(index + 1);
    const right = left && alone(operand);
    if (!left || !right) return [];
    left = add(left, right, later.length === 0 ? labels.result : needed([left, right], later));
  }
  if (!left) return [];
  const candidate = movement('contract', dispatches, outputs);
  const reads = operands.length * macs * elementBytes(result.element);
  return [
    {
      ...candidate,
      scratch: scratchBytes,
      cost: {
        ...candidate.cost,
        macs,
        bytes: reads,
        invocations: sizeOf(result.dims),
        efficiency: 0.05,
      },
    },
  ];
}

function innermostFirst(loops: readonly Loop[], key: keyof Loop): number[] {
  return loops.toReversed().map((loop) => loop[key]);
}
