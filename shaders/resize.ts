/**
 * Resize along the last axis of a view [planes, height, width], or the last two: every output is
 * the sum of the elements that a table names, with its weights; with one tap it is a copy.
 *
 * One invocation makes one output. Bindings: `source`, `table` — for each output row, then for each
 * output column, its taps as (index, bits of the weight); index 2³² − 1 stands for a position
 * outside, which takes the extrapolation value — and `result`. A linear tensor is a view with the
 * axes before the resized ones as planes; C4 has vec4 elements and its blocks as planes.
 */

import { defineKernel } from './lib/kernel.ts';
import { lines, range } from './lib/unroll.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type ResizeVariant = {
  /** With one tap elements are moved as words: `u32` is then any type of four bytes. */
  readonly element: 'f32' | 'f16' | 'u32';
  readonly lanes: 1 | 4;
  /** Rows only, or rows and columns. */
  readonly columns: boolean;
  /** Taps along each axis; 0 reads the number from the uniforms. */
  readonly taps: 0 | 1 | 2;
};

const variants: ResizeVariant[] = (['f32', 'f16', 'u32'] as const).flatMap((element) =>
  ([1, 4] as const).flatMap((lanes) =>
    [false, true].flatMap((columns) =>
      ([0, 1, 2] as const)
        .filter((taps) => (element === 'u32' ? taps === 1 : element === 'f16' || taps !== 1))
        .map((taps) => ({ element, lanes, columns, taps })),
    ),
  ),
);

const typeOf = (element: string, lanes: number): string =>
  lanes === 1 ? element : `vec4<${element}>`;

/** Loops or unrolls over the taps of one axis. */
function over(axis: 'y' | 'x', taps: number, body: (entry: string) => string): string {
  const entry = (tap: string) =>
    axis === 'y' ? `table[y * tapsY + ${tap}]` : `table[u.tableX + x * tapsX + ${tap}]`;
  if (taps > 0) return lines(range(taps).map((tap) => `{ ${body(entry(`${tap}u`))} }`));
  const [name, count] = axis === 'y' ? ['j', 'tapsY'] : ['i', 'tapsX'];
  return `for (var ${name} = 0u; ${name} < ${count}; ${name}++) { ${body(entry(name))} }`;
}

export const resize = defineKernel({
  name: 'resize',
  variants: () => variants,
  uniforms: {
    /** Outputs: planes × outHeight × outWidth. */
    count: 'u32',
    inHeight: 'u32',
    inWidth: 'u32',
    outHeight: 'u32',
    outWidth: 'u32',
    tapsY: 'u32',
    tapsX: 'u32',
    /** Where the columns' entries begin in the table. */
    tableX: 'u32',
    extrapolation: 'f32',
  },
  bindings: ({ element, lanes }) => [
    { name: 'source', access: 'read', type: `array<${typeOf(element, lanes)}>` },
    { name: 'table', access: 'read', type: 'array<vec2<u32>>' },
    { name: 'result', access: 'read_write', type: `array<${typeOf(element, lanes)}>` },
  ],
  workgroupSize: () => lineSize,
  wgsl({ element, lanes, columns, taps }) {
    const stored = typeOf(element, lanes);
    const computed = typeOf('f32', lanes);
    const copies = taps === 1;
    const fill =
      element === 'u32' ? 'bitcast<u32>(u.extrapolation)' : `${element}(u.extrapolation)`;
    const take = (at: string) =>
      copies ? `value = source[${at}];` : `value += ${computed}(source[${at}])`;
    const row = columns
      ? lines([
          copies ? '' : `var value = ${computed}();`,
          over(
            'x',
            taps,
            (entry) =>
              `let tx = ${entry}; outside = outside || tx.x == ~0u; ` +
              (copies ? take('row + tx.x') : `${take('row + tx.x')} * bitcast<f32>(tx.y);`),
          ),
          copies ? '' : 'sum += bitcast<f32>(ty.y) * value;',
        ])
      : copies
        ? take('row + x')
        : `sum += bitcast<f32>(ty.y) * ${computed}(source[row + x]);`;
    return `
${lineMain}
fn invocation(index: u32) {
  let x = index % u.outWidth;
  let line = index / u.outWidth;
  let y = line % u.outHeight;
  let plane = line / u.outHeight;
  let tapsY = ${taps === 0 ? 'u.tapsY' : `${taps}u`};
  let tapsX = ${taps === 0 ? 'u.tapsX' : `${taps}u`};
  var outside = false;
  ${copies ? `var value = ${stored}();` : `var sum = ${computed}();`}
  ${over(
    'y',
    taps,
    (entry) => `
    let ty = ${entry};
    outside = outside || ty.x == ~0u;
    let row = (plane * u.inHeight + ty.x) * u.inWidth;
    ${row}`,
  )}
  result[index] = select(${copies ? 'value' : `${stored}(sum)`}, ${stored}(${fill}), outside);
}
`;
  },
});
