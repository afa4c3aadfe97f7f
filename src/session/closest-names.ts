/** Names that a caller may have meant. */

/** Up to `most` of `names`, the nearest first: few letters differ, or one is part of the other. */
export function closestNames(asked: string, names: Iterable<string>, most = 3): string[] {
  const wanted = asked.toLowerCase();
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of names) {
    const lower = name.toLowerCase();
    const isPart = wanted !== '' && (lower.includes(wanted) || wanted.includes(lower));
    const allowed = Math.max(2, Math.floor(Math.max(lower.length, wanted.length) / 3));
    // Lengths alone may say that too much differs.
    const isFar = Math.abs(lower.length - wanted.length) > allowed;
    const distance = isFar ? Number.POSITIVE_INFINITY : editDistance(lower, wanted);
    if (distance <= allowed) found.push({ name, distance });
    else if (isPart && lower !== '') found.push({ name, distance: allowed + 1 });
  }
  found.sort((a, b) => a.distance - b.distance);
  return found.slice(0, most).map(({ name }) => name);
}

/** Letters to insert, delete or replace (Levenshtein), row by row (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
