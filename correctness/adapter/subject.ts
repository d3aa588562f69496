/** A storage at one point of a run, beside what the contract says of it. */

import {
  allows,
  initial,
  type ContractState,
  type Operation,
  type Outcome,
} from "../../src/memory/index.js";
import { describe } from "../lockstep/calling.js";
import { compareViews, different, forgetGone, type Sides } from "../lockstep/views.js";
import { limitsOf, make, situation, type Situation, type StorageUnderTest } from "./storage.js";

/** What the storage did that the contract does not allow. */
export interface BadCall {
  /** Null where nothing was called yet. */
  readonly operation: Operation | null;
  /** Null where it raised an error. */
  readonly outcome: Outcome | null;
  readonly error: string | null;
  /** The promise that is broken. */
  readonly why: string | null;
  /** Jobs that the contract and the storage see in different places. */
  readonly view: Sides;
}

const noSides: Sides = { expected: [], shown: [] };
const nothingBad = { operation: null, outcome: null, error: null, why: null, view: noSides };

interface Called {
  readonly outcome: Outcome | null;
  readonly bad: BadCall | null;
}

export class Subject {
  readonly storage: StorageUnderTest;
  state: ContractState;
  private readonly client: Situation["client"];
  private readonly schema: string;

  constructor(storage: StorageUnderTest, client: Situation["client"], schema: string) {
    this.storage = storage;
    this.client = client;
    this.schema = schema;
    this.state = initial(limitsOf(storage));
  }

  /** It was put back to where nothing has happened yet. */
  restart(): void {
    this.state = initial(limitsOf(this.storage));
  }

  private get now(): Situation {
    return situation(this.client, this.schema, this.state.now);
  }

  /** Makes a call; what is wrong with its answer. */
  async answer(operation: Operation): Promise<BadCall | null> {
    return (await this.call(operation)).bad;
  }

  /** Makes a call, and looks at what it left. */
  async take(operation: Operation): Promise<BadCall | null> {
    const { outcome, bad } = await this.call(operation);
    return bad ?? this.look({ operation, outcome });
  }

  /** What is wrong with the places in which the storage shows its jobs. */
  async look(behind: Pick<BadCall, "operation" | "outcome">): Promise<BadCall | null> {
    const bad = { ...nothingBad, ...behind };
    try {
      const shown = await this.storage.view(this.now);
      const { state, why } = forgetGone(this.state, shown);
      this.state = state;
      const view = why ? noSides : compareViews(state, shown);
      return why || different(view) ? { ...bad, why, view } : null;
    } catch (error) {
      return { ...bad, error: describe(error) };
    }
  }

  private async call(operation: Operation): Promise<Called> {
    const bad = { ...nothingBad, operation };
    let outcome: Outcome = { result: "passed" };
    try {
      if (operation.action !== "PassTime") outcome = await make(this.storage, operation, this.now);
    } catch (error) {
      return { outcome: null, bad: { ...bad, error: describe(error) } };
    }
    const verdict = allows(this.state, operation, outcome);
    if (!verdict.ok) return { outcome, bad: { ...bad, outcome, why: verdict.why } };
    this.state = verdict.state;
    return { outcome, bad: null };
  }
}
