/** Text for terminals: aligned tables, bars, and numbers that a person can read. */

export type Align = 'left' | 'right';

/** Rows as lines with aligned columns, two spaces apart; the first row is a heading. */
export function table(rows: readonly (readonly string[])[], align: readonly Align[] = []): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows
    .map((row) =>
      widths
        .map((width, column) => {
          const cell = row[column] ?? '';
          const space = ' '.repeat(width - widthOf(cell));
          return align[column] === 'right' ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Characters of a string as a person counts them (code points). */
function widthOf(text: string): number {
  return [...text].length;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` characters, filled from the left in steps of an eighth of a character. */
export function bar(fraction: number, width: number): string {
  const clamped = Math.min(Math.max(fraction || 0, 0), 1);
  const steps = Math.round(clamped * width * 8);
  const filled = '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
  return filled.padEnd(width, ' ');
}

/** `1.5 MB`; units of 1000. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'KB', 'MB', 'GB', 'TB']);
}

/** `3.5 M`; units of 1000. */
export function formatCount(count: number): string {
  return scaled(count, ['', 'K', 'M', 'G', 'T']).trimEnd();
}

function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  // 999.95 and more would be printed as 1000.0 of the smaller unit.
  while (Math.abs(rest) >= 999.95 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : rest.toFixed(rest < 99.95 ? 2 : 1)} ${units[unit]}`;
}

export function formatMilliseconds(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 1000 ? 1 : 0)} ms`;
}

/** A value of a tensor: short, and never rounded to another magnitude. */
export function formatValue(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** A sentence's "1 node" or "2 nodes". */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun}${/(s|ch)$/.test(noun) ? 'es' : 's'}`;
}
