/**
 * Reductions across subgroups. Nothing is assumed of their size, of how invocations map to them, or
 * that they are full; the order of a sum is the device's, the same in every run.
 */

/**
 * WGSL `reduceWorkgroup(local, State) -> State`, as `workgroupTree` gives, with two barriers instead
 * of one for each level: all invocations get the result. The kernel has `State`, `initialState`,
 * `combine`, and `combineSubgroup(State) -> State`, which gives all invocations of a subgroup the
 * combination of theirs.
 */
export const subgroupReduction = `
const workgroupInvocations = workgroupX * workgroupY;
var<workgroup> partial: array<State, workgroupInvocations>;
fn reduceWorkgroup(local: u32, own: State) -> State {
  let combined = combineSubgroup(own);
  partial[local] = initialState();
  if (subgroupElect()) {
    partial[local] = combined;
  }
  workgroupBarrier();
  // Every subgroup reads all parts, each invocation its share of them.
  var state = initialState();
  let members = subgroupAdd(1u);
  for (var at = subgroupExclusiveAdd(1u); at < workgroupInvocations; at += members) {
    state = combine(state, partial[at]);
  }
  return combineSubgroup(state);
}
`;
