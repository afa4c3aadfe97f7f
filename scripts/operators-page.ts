/** `npm run docs:operators`: writes `docs/operators.md` from the operator list. */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { operatorsPage } from './operators/page.ts';

writeFileSync(resolve(import.meta.dirname, '../docs/operators.md'), await operatorsPage());
