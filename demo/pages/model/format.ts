/** Numbers as people read them: sizes, counts, times, shapes. */

import type { Dim } from '../../../src/core/shape.ts';

export function formatShape(dims: readonly Dim[] | undefined): string {
  if (!dims) return '?';
  // Shape arithmetic that only a plan resolves is a long expression.
  const shown = dims.map((dim) => (typeof dim === 'string' && dim.length > 12 ? '?' : dim));
  return dims.length === 0 ? '1' : shown.join('×');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${digits(bytes / 1e3)} kB` : `${digits(bytes / 1e6)} MB`;
}

export function formatCount(count: number): string {
  if (count < 1e4) return String(count);
  if (count < 1e6) return `${digits(count / 1e3)} k`;
  return count < 1e9 ? `${digits(count / 1e6)} M` : `${digits(count / 1e9)} G`;
}

export function formatTime(milliseconds: number): string {
  if (milliseconds === 0) return '0 ms';
  return milliseconds < 0.1
    ? `${digits(milliseconds * 1000)} µs`
    : milliseconds < 1000
      ? `${digits(milliseconds)} ms`
      : `${digits(milliseconds / 1000)} s`;
}

/** As few digits as tell values apart. */
export function formatValue(value: number | bigint | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'bigint' || Number.isInteger(value)) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function digits(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}
