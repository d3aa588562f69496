/** The storage model: state, actions, invariants, and canonical text of states. */

export * from "./state.js";
export type { Action, Family, Outcome, Refusal, RefusalName, Step } from "./action.js";
export * from "./registry.js";
export * from "./invariants.js";
export * from "./evidence.js";
export { arrow, contractJobs, type ContractJob, type JobState } from "./contract.js";
export * from "./encode.js";
