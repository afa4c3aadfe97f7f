/** The list of operators names exactly what its families bring. */

import { describe, expect, it } from 'vitest';
import { findOperator, loadOperators, operatorNames } from '../../../src/ops/index.ts';

describe('the list of operators', () => {
  it('brings every operator that it names, under its name', async () => {
    await loadOperators(operatorNames);
    for (const name of operatorNames) expect(findOperator(name)?.type).toBe(name);
  });

  it('names an operator once', () => {
    expect(new Set(operatorNames).size).toBe(operatorNames.length);
  });

  it('passes over names that wgconv does not have', async () => {
    await loadOperators(['NoSuchOperator']);
    expect(findOperator('NoSuchOperator')).toBeUndefined();
  });
});
