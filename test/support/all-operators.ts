/** Loads every operator before the tests of a file, which look operators up without waiting. */

import { loadOperators, operatorNames } from '../../src/ops/index.ts';

await loadOperators(operatorNames);
