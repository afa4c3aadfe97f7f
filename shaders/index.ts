/** The list of kernels: one line each. A unit test validates every variant of every one. */

import type { Kernel } from './lib/kernel.ts';

export const kernels: readonly Kernel[] = [];
