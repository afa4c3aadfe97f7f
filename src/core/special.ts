/** Float64 special functions that JavaScript's `Math` lacks; for references and table formulas. */

const sqrtPi = Math.sqrt(Math.PI);

/** Error function, by its Maclaurin series where that converges well, else from `erfc`. */
export function erf(x: number): number {
  const absolute = Math.abs(x);
  if (absolute > 2) return Math.sign(x) * (1 - erfc(absolute));
  // 2/√π Σ (-1)^n x^(2n+1) / (n! (2n+1))   (DLMF 7.6.1)
  let power = x;
  let sum = x;
  for (let n = 1; Math.abs(power) > 1e-18 * Math.abs(sum); n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / sqrtPi) * sum;
}

/** Complementary error function, accurate to a small relative error for large x too. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  if (x <= 2) return 1 - erf(x);
  if (x > 27) return 0;
  // √π e^(x²) erfc(x) = 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …))))   (DLMF 7.9.1)
  let tail = x;
  for (let n = 80; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (sqrtPi * tail);
}

/** The logistic function without overflow. */
export function logistic(x: number): number {
  const decay = Math.exp(-Math.abs(x));
  return x < 0 ? decay / (1 + decay) : 1 / (1 + decay);
}
