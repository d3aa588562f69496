/**
 * Random runs of a storage beside the contract, at sizes that nobody explores: dozens of jobs in
 * several lanes, hundreds of calls. A run that fails is shrunk on the storage itself.
 */

import fc from "fast-check";
import { NONE, actionNames, type Scope } from "../../src/core/index.js";
import type { Operation } from "../../src/memory/index.js";
import { Runs, type Choice } from "../lockstep/choices.js";
import { Hunt, SHRINK_RUNS } from "../lockstep/hunt.js";
import { slotsOf } from "./calls.js";
import { choose } from "./choose.js";
import type { Failure } from "./conform.js";
import { Nested } from "./nested.js";
import type { Site } from "./site.js";
import { limitsOf, offers, type StorageUnderTest } from "./storage.js";
import { Subject, type BadCall } from "./subject.js";

export interface LockstepOptions {
  readonly seed: number;
  readonly runs: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (runs: number, of: number) => void;
}

export interface Walked {
  readonly runs: number;
  readonly steps: number;
  readonly failure: Failure | null;
}

/** Of a run; those that mean nothing to the storage are left out. */
const STEPS = 800;
export const lanes = ["a", "b", "c"];

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `j${i + 1}`);

const scopeOf = (storage: StorageUnderTest): Scope => ({
  ...limitsOf(storage),
  ...slotsOf(storage.slots ?? 1),
  jobs: named(60),
  lanes,
  leases: [],
  maxBatch: 6,
  maxWait: 2,
  deadlines: [NONE, NONE, 1, 3],
  sameKey: Array.from({ length: 8 }, (_, i) => [i, i + 8, i + 30].map((n) => `j${n + 1}`)),
  maxSeq: Infinity,
  enabled: actionNames,
});

interface Run {
  readonly path: readonly Operation[];
  readonly used: number;
  readonly bad: BadCall | null;
}

class Walker {
  steps = 0;
  private readonly subject: Subject;
  private readonly nested: Nested;
  private readonly scope: Scope;

  constructor(site: Site, nested: Nested) {
    this.subject = new Subject(site.storage, nested.client, site.schema);
    this.nested = nested;
    this.scope = scopeOf(site.storage);
  }

  async walk(choices: readonly Choice[], signal: AbortSignal | undefined): Promise<Run> {
    const { subject, scope } = this;
    const path: Operation[] = [];
    await this.nested.restart();
    subject.restart();
    for (const [i, choice] of choices.entries()) {
      signal?.throwIfAborted();
      const operation = offers(subject.storage, choice.action)
        ? choose(choice, subject.state, scope)
        : null;
      if (!operation) continue;
      this.steps++;
      const bad = await subject.take(operation);
      if (bad) return { path, used: i + 1, bad };
      path.push(operation);
    }
    return { path, used: choices.length, bad: null };
  }
}

export async function lockstep(site: Site, options: LockstepOptions): Promise<Walked> {
  const { seed, runs, signal, progress } = options;
  const nested = await Nested.open(site.client, () => site.reset());
  const walker = new Walker(site, nested);
  let made = 0;
  try {
    for (; made < runs; made++) {
      progress?.(made, runs);
      const hunt = new Hunt<Run>(
        SHRINK_RUNS,
        (choices) => walker.walk(choices, signal),
        () => undefined,
      );
      const property = fc.asyncProperty(new Runs(STEPS), (choices) => hunt.passes(choices));
      await fc.check(property, { seed, path: String(made), numRuns: 1 });
      if (hunt.stopped) throw hunt.stopped.reason;
      if (!hunt.smallest) continue;
      const { path, bad } = hunt.smallest;
      return { runs: made + 1, steps: walker.steps, failure: { path, bad } };
    }
    return { runs: made, steps: walker.steps, failure: null };
  } finally {
    await nested.close();
  }
}
