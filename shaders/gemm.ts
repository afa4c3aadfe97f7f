/**
 * Batched matrix products with a tile of the result in the registers of each invocation: Gemm,
 * MatMul, fully connected layers.
 *
 * Tiles without workgroup memory read A and B straight from storage (through the caches): they
 * win on software adapters and need no barrier. The others bring `depth` columns of A and rows of
 * B into workgroup memory at a time, `[row][k/4]` and `[k][column/4]`, both as vec4.
 */

import { defineKernel, type Element } from './lib/kernel.ts';
import {
  type MatrixLoads,
  matrixBindings,
  matrixEnds,
  matrixSource,
  matrixUniforms,
  outside,
  productRange,
  range,
} from './lib/matrix.ts';

export interface GemmTile {
  /** Result elements of one invocation; columns in groups of four. */
  readonly rows: number;
  readonly columns: number;
  /** Invocations of a workgroup along columns and rows. */
  readonly threads: readonly [number, number];
  /** Depth of the tiles in workgroup memory; 0 where there are none. */
  readonly depth: number;
}

const tiles = {
  register4x4: { rows: 4, columns: 4, threads: [8, 8], depth: 0 },
  register8x8: { rows: 8, columns: 8, threads: [8, 8], depth: 0 },
  workgroup32x32: { rows: 4, columns: 4, threads: [8, 8], depth: 32 },
  workgroup64x64: { rows: 8, columns: 4, threads: [16, 8], depth: 16 },
} as const satisfies Readonly<Record<string, GemmTile>>;

export type GemmTileName = keyof typeof tiles;

export const gemmTiles: Readonly<Record<GemmTileName, GemmTile>> = tiles;

/** Result elements of one workgroup, rows and columns. */
export function gemmTileSize({ rows, columns, threads }: GemmTile): readonly [number, number] {
  return [rows * threads[1], columns * threads[0]];
}

export type GemmVariant = {
  readonly element: Element;
  readonly loads: MatrixLoads;
  /** Results are stored as vec4: N is a multiple of 4. `nn` always, `scalar` never. */
  readonly vectorStore: boolean;
  readonly tile: GemmTileName;
  readonly activation: string;
  /** Sums of one slice of K go to a buffer of their own; `gemm_sum` ends the product. */
  readonly split: boolean;
};

/** Integers only multiply element by element in one tile. */
export const integerTile: GemmTileName = 'register4x4';

function variants(): GemmVariant[] {
  const modes = [
    { loads: 'nn', vectorStore: true },
    { loads: 'nt', vectorStore: true },
    { loads: 'nt', vectorStore: false },
    { loads: 'scalar', vectorStore: false },
  ] as const;
  const floats = (['f32', 'f16'] as const).flatMap((element) =>
    modes.flatMap((mode) =>
      (Object.keys(tiles) as GemmTileName[]).flatMap((tile) =>
        matrixEnds.map((end) => ({ element, ...mode, tile, ...end })),
      ),
    ),
  );
  const integers = (['i32', 'u32'] as const).map((element) => ({
    element,
    loads: 'scalar' as const,
    vectorStore: false,
    tile: integerTile,
    activation: 'none',
    split: false,
  }));
  return [...floats, ...integers];
}

export const gemm = defineKernel<GemmVariant, typeof matrixUniforms>({
  name: 'gemm',
  variants,
  uniforms: matrixUniforms,
  bindings: ({ element, loads, vectorStore, split }) => {
    const vectors = loads !== 'scalar';
    return matrixBindings(element, { a: vectors, b: vectors, result: vectorStore }, split);
  },
  workgroupSize: ({ tile }) => [...gemmTiles[tile].threads, 1],
  workgroupBytes: ({ tile }) => {
    const [rows, columns] = gemmTileSize(gemmTiles[tile]);
    return gemmTiles[tile].depth * (rows + columns) * 4;
  },
  iterations({ loads, tile, split }, sizes) {
    const depth = split ? sizes.sliceDepth : sizes.depth;
    const own = gemmTiles[tile];
    if (own.depth === 0) return loads === 'scalar' ? depth : depth / 4;
    const [rows, columns] = gemmTileSize(own);
    // Each turn: the loops that bring A and B, and the one over them.
    const brought = (own.depth * (rows + columns)) / 4 / (own.threads[0] * own.threads[1]);
    return Math.ceil(depth / own.depth) * (own.depth / 4 + brought + 4);
  },
  wgsl(variant) {
    const tile = gemmTiles[variant.tile];
    return `
${matrixSource(variant)}
${tile.depth > 0 ? workgroupMain(variant, tile) : registerMain(variant, tile)}
`;
  },
});

/** Where an invocation's tile lies; the flat workgroup index counts columns, rows, batch. */
function position({ rows, columns }: GemmTile, split: boolean): string {
  return `
  let tile = flatWorkgroup(workgroup, counts);
  let column = ((tile % u.columnTiles) * workgroupX + local.x) * ${columns}u;
  let tileRow = tile / u.columnTiles;
  let row = ((tileRow % u.rowTiles) * workgroupY + local.y) * ${rows}u;
  let product = tileRow / u.rowTiles;
  ${productRange(split)}
`;
}

const mainHead = `
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {`;

/** One line for each row of the tile, each group of four columns. */
function eachSum({ rows, columns }: GemmTile, line: (i: number, j: number) => string): string {
  return range(rows)
    .flatMap((i) => range(columns / 4).map((j) => line(i, j)))
    .join('\n');
}

function finishAll(tile: GemmTile): string {
  return eachSum(tile, (i, j) => `finish(batch, row + ${i}u, column + ${4 * j}u, sum${i}_${j});`);
}

/**
 * Rows and columns past the end are read as the last ones, and not stored: that needs no mask in
 * the loop, and the sums of a tile at the edge touch no foreign memory.
 */
function registerMain({ loads, split }: GemmVariant, tile: GemmTile): string {
  const lines = (count: number, line: (index: number) => string): string =>
    range(count).map(line).join('\n');
  const head = `${mainHead}
${position(tile, split)}
  if (${outside(split)} || row >= u.rows || column >= u.columns) {
    return;
  }
${lines(tile.rows, (i) => `let aRow${i} = aBase + min(row + ${i}u, u.rows - 1u) * u.aRow;`)}
${eachSum(tile, (i, j) => `var sum${i}_${j} = Vector();`)}
`;
  const columnStarts = lines(
    tile.columns,
    (n) => `let bColumn${n} = bBase + min(column + ${n}u, u.columns - 1u) * u.bColumn;`,
  );
  if (loads === 'scalar') {
    const b = (j: number): string =>
      range(4)
        .map((lane) => `Scalar(b[bColumn${4 * j + lane} + bAt])`)
        .join(', ');
    return `${head}
${columnStarts}
  var aAt = 0u;
  var bAt = 0u;
  for (var k = 0u; k < depth; k++) {
    ${lines(tile.columns / 4, (j) => `let b${j} = Vector(${b(j)});`)}
    ${eachSum(tile, (i, j) => `sum${i}_${j} += Scalar(a[aRow${i} + aAt]) * b${j};`)}
    aAt += u.aDepth;
    bAt += u.bDepth;
  }
  ${finishAll(tile)}
}`;
  }
  const loadA = lines(tile.rows, (i) => `let a${i} = Vector(a[aRow${i} / 4u + k]);`);
  if (loads === 'nt') {
    const dots = (i: number, j: number): string =>
      range(4)
        .map((lane) => `dot(a${i}, b${4 * j + lane})`)
        .join(', ');
    return `${head}
${columnStarts}
  for (var k = 0u; k < depth / 4u; k++) {
    ${loadA}
    ${lines(tile.columns, (n) => `let b${n} = Vector(b[bColumn${n} / 4u + k]);`)}
    ${eachSum(tile, (i, j) => `sum${i}_${j} += Vector(${dots(i, j)});`)}
  }
  ${finishAll(tile)}
}`;
  }
  const step = (lane: string): string => `
    ${lines(tile.columns / 4, (j) => `let b${j}${lane} = Vector(b[bAt + bGroup${j}]);`)}
    ${eachSum(tile, (i, j) => `sum${i}_${j} += a${i}.${lane} * b${j}${lane};`)}
    bAt += u.bDepth / 4u;`;
  return `${head}
  ${lines(tile.columns / 4, (j) => `let bGroup${j} = min(column / 4u + ${j}u, u.columns / 4u - 1u);`)}
  var bAt = bBase / 4u;
  for (var k = 0u; k < depth / 4u; k++) {
    ${loadA}
    ${[...'xyzw'].map(step).join('')}
  }
  ${finishAll(tile)}
}`;
}

/** Each turn of the loop brings `depth` of K into workgroup memory; past K there are zeros. */
function workgroupMain({ loads, split }: GemmVariant, tile: GemmTile): string {
  const [tileRows, tileColumns] = gemmTileSize(tile);
  const threads = tile.threads[0] * tile.threads[1];
  const depth4 = tile.depth / 4;
  const columns4 = tileColumns / 4;
  // The n-th item that an invocation brings is item `index + n * threads`.
  const items = (count: number, body: string): string =>
    `for (var item = index; item < ${count}u; item += ${threads}u) {${body}}`;
  const lanes = (line: (lane: number) => string): string => range(4).map(line).join(', ');
  // B is gathered as four columns of one k; read along K (nt), a block of 4×4 is turned over.
  const bColumn = (lane: number): string => `min(left + c + ${lane}u, u.columns - 1u) * u.bColumn`;
  const bringB = {
    nn: items(
      tile.depth * columns4,
      `
      let k = start + item / ${columns4}u;
      let c = min((left / 4u) + item % ${columns4}u, u.columns / 4u - 1u);
      bTile[item] = select(Vector(), Vector(b[(bBase + k * u.bDepth) / 4u + c]), k < depth);`,
    ),
    nt: items(
      depth4 * columns4,
      `
      let k = item % ${depth4}u;
      let c = item / ${depth4}u * 4u;
      let at = (bBase + start) / 4u + k;
      ${range(4)
        .map((lane) => `let b${lane} = Vector(b[at + ${bColumn(lane)} / 4u]);`)
        .join('\n')}
      let inside = start + k * 4u < depth;
      ${[...'xyzw']
        .map(
          (lane, n) => `
      bTile[(k * 4u + ${n}u) * ${columns4}u + c / 4u] =
        select(Vector(), Vector(b0.${lane}, b1.${lane}, b2.${lane}, b3.${lane}), inside);`,
        )
        .join('')}`,
    ),
    scalar: items(
      tile.depth * columns4,
      `
      let k = start + item / ${columns4}u;
      let c = item % ${columns4}u * 4u;
      let at = bBase + k * u.bDepth;
      bTile[item] = select(
        Vector(), Vector(${lanes((lane) => `Scalar(b[at + ${bColumn(lane)}])`)}), k < depth);`,
    ),
  }[loads];
  const elementA = (lane: number): string =>
    `select(Scalar(), Scalar(a[at + ${lane}u * u.aDepth]), k + ${lane}u < depth)`;
  const bringA = items(
    tileRows * depth4,
    `
      let k = start + item % ${depth4}u * 4u;
      let at = aBase + min(top + item / ${depth4}u, u.rows - 1u) * u.aRow + k * u.aDepth;
      aTile[item] = ${
        loads === 'scalar'
          ? `Vector(${lanes(elementA)})`
          : 'select(Vector(), Vector(a[at / 4u]), k < depth)'
      };`,
  );
  const step = (lane: string, n: number): string => `
      ${range(tile.columns / 4)
        .map(
          (j) =>
            `let b${j}${lane} = bTile[(k * 4u + ${n}u) * ${columns4}u + local.x * ${tile.columns / 4}u + ${j}u];`,
        )
        .join('\n')}
      ${eachSum(tile, (i, j) => `sum${i}_${j} += a${i}.${lane} * b${j}${lane};`)}`;
  return `
var<workgroup> aTile: array<Vector, ${tileRows * depth4}>;
var<workgroup> bTile: array<Vector, ${tile.depth * columns4}>;
${mainHead}
${position(tile, split)}
  if (${outside(split)}) {
    return;
  }
  let top = row - local.y * ${tile.rows}u;
  let left = column - local.x * ${tile.columns}u;
  let index = local.y * workgroupX + local.x;
${eachSum(tile, (i, j) => `var sum${i}_${j} = Vector();`)}
  for (var start = 0u; start < depth; start += ${tile.depth}u) {
    ${bringA}
    ${bringB}
    workgroupBarrier();
    for (var k = 0u; k < ${depth4}u; k++) {
      ${range(tile.rows)
        .map((i) => `let a${i} = aTile[(local.y * ${tile.rows}u + ${i}u) * ${depth4}u + k];`)
        .join('\n')}
      ${[...'xyzw'].map(step).join('')}
    }
    workgroupBarrier();
  }
  ${finishAll(tile)}
}`;
}
