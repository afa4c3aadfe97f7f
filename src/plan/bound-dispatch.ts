/** A dispatch with its buffers found: which of them it has to bind for writing though it only reads. */

import type { BufferRef, Step } from './plan.ts';

type DispatchStep = Extract<Step, { kind: 'dispatch' }>;

export function boundDispatch(step: DispatchStep, buffers: readonly BufferRef[]): DispatchStep {
  const { kernel, variant } = step.dispatch;
  const access = kernel.bindings(variant).map((binding) => binding.access);
  const written = new Set(
    buffers.map((ref, at) => (ref.kind === 'pool' && access[at] !== 'read' ? ref.index : -1)),
  );
  const writable = buffers.flatMap((ref, at) =>
    ref.kind === 'pool' && access[at] === 'read' && written.has(ref.index) ? [at] : [],
  );
  return { ...step, buffers, ...(writable.length > 0 ? { writable } : {}) };
}
