/** The storage model: state, actions, invariants, and canonical text of states. */

export type { Scope } from "./scope.js";
export { byName } from "./sets.js";
export * from "./state.js";
export {
  wordsOf,
  type Action,
  type Family,
  type Outcome,
  type Refusal,
  type RefusalName,
  type Step,
} from "./action.js";
export * from "./registry.js";
export * from "./invariants.js";
export * from "./evidence.js";
export { arrow, contractJobs, type ContractJob, type JobState } from "./contract.js";
export { encode, encodeDb, envColumns } from "./encode.js";
export * from "./machine.js";
export * from "./machines/index.js";
