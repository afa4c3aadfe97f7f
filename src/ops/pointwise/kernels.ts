/** Fetched for the first pointwise node that no producer has taken into its epilogue. */

import { lazyModule } from '../lazy.ts';

export const kernels = lazyModule(() => import('./lower.ts'));
