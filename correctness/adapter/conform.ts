/**
 * Every call on every state of the contract that a storage comes to in a small scope, each in a
 * transaction that is rolled back: what it answers must be allowed, and what it shows of its jobs
 * must be what the contract says. Breadth first, so that what fails is short.
 */

import type { Scope } from "../../src/core/index.js";
import type { ContractState, Operation } from "../../src/memory/index.js";
import { answered, callsIn, inBounds, pictureOf, type Trial } from "./calls.js";
import { Nested } from "./nested.js";
import type { Site } from "./site.js";
import { Subject, type BadCall } from "./subject.js";

/** What a storage did that is not allowed, and how it came there. */
export interface Failure {
  readonly path: readonly Operation[];
  readonly bad: BadCall;
}

export interface Conformed {
  readonly states: number;
  readonly calls: number;
  readonly failure: Failure | null;
}

export interface ConformOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (states: number, of: number) => void;
}

class Found extends Error {
  readonly failure: Failure;

  constructor(path: readonly Operation[], bad: BadCall) {
    super("found");
    this.failure = { path, bad };
  }
}

class Explorer {
  states = 0;
  calls = 0;
  private readonly subject: Subject;
  private readonly nested: Nested;
  private readonly scope: Scope;
  private readonly operations: readonly Operation[];
  private readonly seen = new Set<string>();
  private readonly paths: (readonly Operation[])[] = [];

  constructor(site: Site, nested: Nested, scope: Scope) {
    this.subject = new Subject(site.storage, nested.client, site.schema);
    this.nested = nested;
    this.scope = scope;
    this.operations = callsIn(site.storage, scope);
  }

  async run({ signal, progress }: ConformOptions): Promise<Failure | null> {
    try {
      this.reached([]);
      for (const path of this.paths) {
        signal?.throwIfAborted();
        await this.visit(path);
        progress?.(++this.states, this.paths.length);
      }
      return null;
    } catch (error) {
      if (error instanceof Found) return error.failure;
      throw error;
    }
  }

  private reached(path: readonly Operation[]): void {
    const picture = pictureOf(this.subject.state);
    if (this.seen.has(picture) || !inBounds(this.subject.state, this.scope)) return;
    this.seen.add(picture);
    this.paths.push(path);
  }

  private async visit(path: readonly Operation[]): Promise<void> {
    const { subject, nested } = this;
    await nested.restart();
    subject.restart();
    for (const [i, operation] of path.entries())
      await this.holds(path.slice(0, i), subject.answer(operation));
    await this.holds(path, subject.look({ operation: path.at(-1) ?? null, outcome: null }));
    await nested.mark();
    const here = subject.state;
    const quiet: Operation[] = [];
    const moving: Operation[] = [];
    for (const operation of this.operations) {
      const next = answered(here, operation);
      if (next) (pictureOf(next) === pictureOf(here) ? quiet : moving).push(operation);
    }
    await this.together(path, here, quiet);
    for (const operation of moving) await this.alone(path, here, operation);
  }

  private async holds(path: readonly Operation[], made: Promise<BadCall | null>): Promise<void> {
    this.calls++;
    const bad = await made;
    if (bad) throw new Found(path, bad);
  }

  private async alone(
    path: readonly Operation[],
    here: ContractState,
    operation: Operation,
  ): Promise<void> {
    await this.backTo(here);
    await this.holds(path, this.subject.take(operation));
    this.reached([...path, operation]);
  }

  private async backTo(here: ContractState): Promise<void> {
    await this.nested.back();
    this.subject.state = here;
  }

  /** What should leave everything as it is is made in a row, and looked at once. */
  private async together(
    path: readonly Operation[],
    here: ContractState,
    quiet: readonly Operation[],
  ): Promise<void> {
    const row = await this.inRow(here, quiet);
    if (row === null) return;
    for (const operation of quiet) await this.alone(path, here, operation);
    // No call of them is wrong alone: what is, is wrong behind the others.
    if (row.bad) throw new Found([...path, ...row.made], row.bad);
  }

  /** The calls that were made, if anything has changed, and what is wrong then. */
  private async inRow(here: ContractState, quiet: readonly Operation[]) {
    const { subject } = this;
    for (const [i, operation] of quiet.entries()) {
      this.calls++;
      const bad = await subject.answer(operation);
      if (bad || pictureOf(subject.state) !== pictureOf(here))
        return { made: quiet.slice(0, i), bad };
    }
    const bad = await subject.look({ operation: null, outcome: null });
    return bad && { made: quiet, bad };
  }
}

/** All that is in reach of the calls of a scope. */
export async function conform(
  site: Site,
  { scope }: Trial,
  options: ConformOptions = {},
): Promise<Conformed> {
  const nested = await Nested.open(site.client, () => site.reset());
  const explorer = new Explorer(site, nested, scope);
  const failure = await explorer.run(options).finally(() => nested.close());
  const { states, calls } = explorer;
  return { states, calls, failure };
}
