/**
 * im2col: a convolution as one matrix product. Column j holds what the window sees at place j, row i
 * what one weight meets at all places; the kernel as a row vector times the matrix is the output.
 */

export interface PatchMatrix {
  /** One for each weight: channels × k × k, a channel after the other. */
  readonly rows: number;
  /** One for each place of the window, row by row. */
  readonly columns: number;
  /** Input cell (channel × height × width) of each element, row by row. */
  readonly cells: readonly number[];
}

export interface PatchShape {
  readonly channels: number;
  /** Of the padded input. */
  readonly width: number;
  readonly height: number;
  readonly kernel: number;
  readonly stride: number;
}

export function patchMatrix({ channels, width, height, kernel, stride }: PatchShape): PatchMatrix {
  const across = Math.floor((width - kernel) / stride) + 1;
  const down = Math.floor((height - kernel) / stride) + 1;
  const rows = channels * kernel * kernel;
  const columns = across * down;
  const cells: number[] = [];
  for (let row = 0; row < rows; row++) {
    const channel = Math.floor(row / (kernel * kernel));
    const tapX = row % kernel;
    const tapY = Math.floor(row / kernel) % kernel;
    for (let column = 0; column < columns; column++) {
      const x = (column % across) * stride + tapX;
      const y = Math.floor(column / across) * stride + tapY;
      cells.push((channel * height + y) * width + x);
    }
  }
  return { rows, columns, cells };
}

/** Input cells that a row, a column or one element of the matrix stands for. */
export function cellsOf(
  { rows, columns, cells }: PatchMatrix,
  { row, column }: { readonly row?: number | undefined; readonly column?: number | undefined },
): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < rows * columns; at++) {
    const isRow = row === undefined || Math.floor(at / columns) === row;
    const isColumn = column === undefined || at % columns === column;
    if (isRow && isColumn) found.push(cells[at] as number);
  }
  return found;
}
