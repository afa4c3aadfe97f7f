/** Choices that a visit leaves for the next one. Where storage is closed, nothing is remembered. */

const prefix = 'wgconv.';

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // Private windows and embedded pages may forbid storage; the choice then holds for this visit.
  }
}
