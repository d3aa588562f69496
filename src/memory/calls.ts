/** The calls of the in-memory queue, one after the other, and the state that they lead to. */

import { answer } from "./answer.js";
import { jobOf, tokenOf } from "./arguments.js";
import { initial } from "./contract.js";
import type { ContractState } from "./life.js";
import type {
  ArgsOf,
  Job,
  Operation,
  OperationName,
  Outcome,
  ResultOf,
  Token,
} from "./operations.js";
import { settingsOf, type MemoryQueueOptions } from "./options.js";

/** Operations with nothing but this for an argument. */
type Taking<Args> = {
  [N in OperationName]: ArgsOf<N> extends Args ? (Args extends ArgsOf<N> ? N : never) : never;
}[OperationName];
type OnToken = Taking<{ readonly token: Token }>;
type OnJob = Taking<{ readonly job: Job }>;

export class Calls {
  state: ContractState;
  readonly #observe: NonNullable<MemoryQueueOptions["observe"]>;

  constructor(options: MemoryQueueOptions) {
    const { observe, ...limits } = settingsOf(options);
    this.state = initial(limits);
    this.#observe = observe;
  }

  /** Says what the call is answered, once that has taken effect. */
  say<N extends OperationName>(operation: Operation & Operation<N>): Outcome<ResultOf<N>> {
    const { outcome, state } = answer(this.state, operation);
    this.state = state;
    this.#observe(operation, outcome);
    return outcome;
  }

  onToken<N extends OnToken>(action: N, token: Token): ResultOf<N> {
    const operation = { action, args: { token: tokenOf(token) } };
    return this.say(operation as unknown as Operation & Operation<N>).result;
  }

  onJob<N extends OnJob>(action: N, job: Job): ResultOf<N> {
    const operation = { action, args: { job: jobOf(job) } };
    return this.say(operation as unknown as Operation & Operation<N>).result;
  }
}
