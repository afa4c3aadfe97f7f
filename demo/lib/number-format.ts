/** Numbers in small cells: whole ones as they are, others with as many places as they need. */

/** At most `places` decimals, without zeros at the end, and a true minus sign. */
export function formatNumber(value: number, places = 2): string {
  return withMinus(String(Number(value.toFixed(places))));
}

/** A weight: 1/9 is 0.11, 1/256 is 0.004. */
export function formatWeight(value: number): string {
  return formatNumber(value, value !== 0 && Math.abs(value) < 0.095 ? 3 : 2);
}

/** What `toFixed` wrote, with a true minus sign; a zero has none. */
export function withMinus(written: string): string {
  return /^-[0.]*$/.test(written) ? written.slice(1) : written.replace('-', '\u2212');
}
