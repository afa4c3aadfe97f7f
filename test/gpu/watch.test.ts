/** `run(feeds, { watch })` on the GPU: nodes are looked at as the plan computes them. */

import { it } from 'vitest';
import { watchCases } from '../support/cases/watch.ts';
import { expectWatched } from '../support/watch.ts';

it.each(watchCases)('$name', (testCase) => expectWatched(testCase, 'webgpu'));
