/** Candidates for a matrix product. Tiled ones are fetched with the first of more than four rows. */

import type { Kernel } from '../../../shaders/lib/kernel.ts';
import type { MatrixLoads } from '../../../shaders/lib/matrix.ts';
import {
  type MatvecForm,
  matvec,
  matvecForms,
  matvecRows,
  matvecShape,
} from '../../../shaders/matvec.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { lazyModule } from '../lazy.ts';
import type { Candidate } from '../operator.ts';
import { candidates, fours, loadsOf } from './forms.ts';
import { type MatrixProduct, maxBatchAxes, normalise } from './problem.ts';

const tiled = lazyModule(() => import('./lower-tiled.ts').then((m) => m.lowerTiled));

const isInteger = ({ element }: MatrixProduct): boolean => element === 'i32' || element === 'u32';

/** Rows up to which the matrix-vector kernel takes a product. */
const vectorRows = 4;

const isVector = (product: MatrixProduct): boolean =>
  product.rows <= vectorRows && !isInteger(product);

export function loadProduct(problem: MatrixProduct | undefined): Promise<unknown> | undefined {
  return problem && !isVector(normalise(problem)) ? tiled.load() : undefined;
}

/**
 * Candidates for a product, the likely best first. None where the batch does not collapse to four
 * axes, or an integer product has fractional factors (its result would be rounded).
 */
export function lowerProduct(problem: MatrixProduct, caps: DeviceCaps): Candidate[] {
  const product = normalise(problem);
  const { rows, columns, batch, alpha, beta } = product;
  if (sizeOf(batch) * rows * columns === 0) return [nothing];
  if (isInteger(product) && !(Number.isInteger(alpha) && Number.isInteger(beta))) return [];
  if (batch.length > maxBatchAxes) return [];
  if (!isVector(product)) return tiled.get()(product, caps);
  return (['subgroups', 'slices', 'columns'] as const).flatMap((form) =>
    matrixVector(product, form, caps),
  );
}

const nothing: Candidate = {
  algorithm: 'empty',
  dispatches: [],
  scratch: [],
  packings: [],
  cost: { macs: 0, bytes: 0, invocations: 1, efficiency: 1, barriers: false },
};

/** Where invocations share the depth, they read A element by element where they read B along N. */
function vectorLoads(product: MatrixProduct, form: MatvecForm): MatrixLoads {
  const { b, columns } = product;
  if (form === 'columns') return loadsOf(product);
  if (b.column === 1 && fours(columns, b.row, ...b.batch)) return 'nn';
  const loads = loadsOf(product);
  return loads === 'nt' ? loads : 'scalar';
}

/** Share of the multiply-add ceiling; software: measured. */
const efficiencies: Readonly<Record<MatvecForm, { software: number; gpu: number }>> = {
  subgroups: { software: 0.02, gpu: 0.11 },
  slices: { software: 0.02, gpu: 0.1 },
  columns: { software: 0.1, gpu: 0.08 },
};

function matrixVector(product: MatrixProduct, form: MatvecForm, caps: DeviceCaps): Candidate[] {
  const { element, rows, columns, depth, batch } = product;
  const loads = vectorLoads(product, form);
  if (!matvecForms(loads).includes(form) || (form === 'subgroups' && !caps.subgroups)) return [];
  const { threads, groups } = matvecShape(form, loads);
  const tileColumns = threads[0] * groups * 4;
  const height = matvecRows.find((count) => count >= rows) ?? vectorRows;
  const workgroups = Math.ceil(columns / tileColumns) * sizeOf(batch);
  const shares = form !== 'columns';
  return candidates(product, caps, {
    algorithm: `matvec.${form}`,
    kernel: matvec as unknown as Kernel,
    variant: { element, loads, form, rows: height },
    ...{ vectorStore: false, tileRows: rows, tileColumns },
    // The loop over K by one where A is read element by element.
    turns: 1 / threads[1],
    cost: {
      macs: sizeOf(batch) * height * Math.ceil(columns / 4 / groups) * 4 * groups * depth,
      invocations: workgroups * threads[0] * threads[1],
      efficiency: efficiencies[form][caps.software ? 'software' : 'gpu'],
      barriers: shares,
    },
  });
}
