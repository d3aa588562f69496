/**
 * The queue contract without a database, in two forms.
 *
 * `allows(state, operation, outcome)` judges the answers of any storage: feed it every call and
 * what was answered, starting from `initial(limits)`, and compare `view(state)` with what the
 * storage shows of its jobs. A prune may take finished jobs out of that view: hand the difference
 * to the judge as `{ action: "Forget", args: { jobs } }`. Times are whole ticks, and one
 * `PassTime` is one tick. A refusal is `{ ok: false, why }`; only a call without the arguments
 * that its type demands throws.
 *
 * `MemoryQueue` is a small queue that keeps the contract, for use in your own tests; `answer` is
 * the same queue as a pure function on the judge's state.
 */

export { answer, type Answer } from "./answer.js";
export { allows, initial, view, type Verdict } from "./contract.js";
export {
  arrows,
  type ContractJob,
  type ContractState,
  type JobState,
  type Limits,
  type Place,
} from "./life.js";
export {
  NO_DEADLINE,
  type ArgsOf,
  type Completion,
  type Job,
  type Lane,
  type Operation,
  type OperationName,
  type Operations,
  type Outcome,
  type ResultOf,
  type Token,
  type UniqueKey,
} from "./operations.js";
export type { Attempt, Deadline, Keyed, MemoryQueueOptions, Wait } from "./options.js";
export { MemoryQueue } from "./queue.js";
