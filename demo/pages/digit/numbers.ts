/** Numbers as the page writes them, with a real minus sign. */

/** Two decimals in little room: ".53", "−1.2". */
export function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 99.5 ? 0 : size >= 9.95 ? 1 : 2;
  return minus(value.toFixed(digits)).replace(/^(−?)0\./, '$1.');
}

/** Four decimals: "0.5312". */
export const exact = (value: number): string => minus(value.toFixed(4));

/** Four decimals with their sign, for terms of a sum: "+0.5312". */
export const signed = (value: number): string => (value < 0 ? exact(value) : `+${exact(value)}`);

function minus(written: string): string {
  return /^-[0.]*$/.test(written) ? written.slice(1) : written.replace('-', '−');
}
