/**
 * Einsum's equation: labels for the dimensions of every operand and of the result.
 *
 * A label that occurs twice in a term takes the diagonal; one that the result lacks is summed. An
 * ellipsis stands for the dimensions that no letter names, broadcast among the operands; where an
 * explicit result has none, they are summed as well (ONNX leaves it open; PyTorch does so). A size
 * of 1 is broadcast under a letter, too, as numpy does.
 */

import { type Dim, formatDims } from '../../core/shape.ts';
import { invalidShape } from '../dims.ts';

export interface Equation {
  /** One for each operand; `...` is a label of its own here. */
  readonly terms: readonly (readonly string[])[];
  /** Undefined in the implicit form. */
  readonly result: readonly string[] | undefined;
}

/** The equation with labels for every dimension: those of ellipses are `...2`, `...1`, the last `...0`. */
export interface Labelled {
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
  /** Labels that are summed, in the order in which they occur. */
  readonly summed: readonly string[];
  readonly sizes: ReadonlyMap<string, Dim>;
}

const ellipsis = '...';

export function parseEquation(
  text: string,
  inputs: number,
  fail: (message: string) => never,
): Equation {
  const [left = '', right, ...more] = text.replaceAll(/\s/g, '').split('->');
  const labels = (term: string): readonly string[] => {
    const found: readonly string[] = term.match(/\.\.\.|[a-zA-Z]/g) ?? [];
    if (found.join('') !== term || found.indexOf(ellipsis) !== found.lastIndexOf(ellipsis)) {
      fail(`"${term}" is no term of letters with at most one ellipsis`);
    }
    return found;
  };
  const terms = left.split(',').map(labels);
  const result = right === undefined ? undefined : labels(right);
  if (more.length > 0) fail(`the equation "${text}" has more than one arrow`);
  if (terms.length !== inputs) {
    fail(`the equation "${text}" has ${terms.length} terms for ${inputs} inputs`);
  }
  const used = new Set(terms.flat());
  result?.forEach((label, at) => {
    if (result.indexOf(label) !== at) fail(`"${label}" occurs twice in the result of "${text}"`);
    if (label !== ellipsis && !used.has(label)) {
      fail(`no term of "${text}" has the "${label}" of its result`);
    }
  });
  return { terms, result };
}

export function labelled(equation: Equation, shapes: readonly (readonly Dim[])[]): Labelled {
  let hidden = 0;
  const terms = equation.terms.map((term, index) => {
    const dims = shapes[index] as readonly Dim[];
    const letters = term.filter((label) => label !== ellipsis).length;
    const extra = dims.length - letters;
    if (extra < 0 || (extra > 0 && letters === term.length)) {
      invalidShape(
        `the term "${term.join('')}" does not fit input ${index} of shape ${formatDims(dims)}`,
      );
    }
    hidden = Math.max(hidden, term.includes(ellipsis) ? extra : 0);
    return term.flatMap((label) => (label === ellipsis ? hiddenLabels(extra) : [label]));
  });
  const sizes = new Map<string, Dim>();
  terms.forEach((term, index) => {
    term.forEach((label, axis) => {
      const size = (shapes[index] as readonly Dim[])[axis] as Dim;
      const known = sizes.get(label);
      if (known === undefined || known === 1) sizes.set(label, size);
      else if (typeof known === 'string' && typeof size === 'number') {
        // A number decides; 1 may be broadcast to whatever the symbol is.
        if (size !== 1) sizes.set(label, size);
      } else if (typeof size === 'number' && size !== 1 && size !== known) {
        invalidShape(`"${label}" is ${known} in one place and ${size} in another`);
      }
    });
  });
  const all = [...sizes.keys()];
  const result =
    equation.result?.flatMap((label) => (label === ellipsis ? hiddenLabels(hidden) : [label])) ??
    implicitResult(terms.flat(), hidden);
  return { terms, result, summed: all.filter((label) => !result.includes(label)), sizes };
}

/** From the left, so that the last ones of all operands have the same names. */
function hiddenLabels(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${ellipsis}${count - 1 - at}`);
}

/** The ellipsis, then the letters that occur once, in the order of the alphabet. */
function implicitResult(used: readonly string[], hidden: number): string[] {
  const letters = used.filter((label) => !label.startsWith(ellipsis));
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label));
  return [...hiddenLabels(hidden), ...once.sort()];
}

/**
 * Elements that a step along each label moves in a dense operand: of a repeated label the diagonal,
 * of one that is broadcast nothing.
 */
export function labelStrides(
  term: readonly string[],
  dims: readonly number[],
  strides: readonly number[],
): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  term.forEach((label, axis) => {
    const own = dims[axis] === 1 ? 0 : (strides[axis] as number);
    steps.set(label, (steps.get(label) ?? 0) + own);
  });
  return steps;
}
