/** The error about what a model has and wgconv does not: all of it at once. */

import { WgconvError } from '../core/errors.ts';

/** A node whose operator, or a layer whose class, wgconv does not have. */
export interface Unsupported {
  readonly operator: string;
  readonly node: string;
  /** Of an ONNX operator. */
  readonly opset?: number;
  readonly domain?: string;
  /** Why, where it is more than that wgconv has no such operator. */
  readonly reason?: string | undefined;
}

/**
 * @param one what `operator` names, with its article, and `many` of them
 * @returns the error, with the list in `data.unsupported`
 */
export function unsupportedError(
  unsupported: readonly Unsupported[],
  one = 'An operator',
  many = 'operators',
): WgconvError {
  const kinds = new Map<string, string[]>();
  for (const use of unsupported) {
    const kind = describe(use);
    const uses = kinds.get(kind);
    if (uses) uses.push(use.node);
    else kinds.set(kind, [use.node]);
  }
  const list = [...kinds].map(([kind, uses]) => {
    const nodes = uses.slice(0, 3).map((node) => `"${node}"`);
    if (uses.length > 3) nodes.push(`${uses.length - 3} more`);
    return `${kind} at ${nodes.join(', ')}`;
  });
  const what =
    kinds.size === 1 ? `${one} of this model is` : `${kinds.size} ${many} of this model are`;
  return new WgconvError(
    'unsupported-operator',
    `${what} not supported by wgconv: ${list.join('; ')}`,
    { data: { unsupported } },
  );
}

function describe({ operator, opset, domain, reason }: Unsupported): string {
  const version = domain === 'ai.onnx' ? `opset ${opset}` : `domain ${domain}, version ${opset}`;
  const details = [...(domain === undefined ? [] : [version]), ...(reason ? [reason] : [])];
  return details.length === 0 ? operator : `${operator} (${details.join(', ')})`;
}
