/** What came of the calls that an explorer made: how often each answer, and on how many edges. */

import { wordsOf, type Outcome } from "../../src/core/index.js";
import { add } from "../counting.js";

/** Answers are named as in `Claim empty`. */
export interface Answers {
  /** Of all calls of `Next` on all states, refused or not. */
  readonly calls: ReadonlyMap<string, number>;
  /** Distinct edges that are there because of a call with this answer. */
  readonly edges: ReadonlyMap<string, number>;
}

export class AnswerCounter implements Answers {
  readonly calls = new Map<string, number>();
  readonly edges = new Map<string, number>();
  /** Answers of the edges of one state. */
  private readonly seen = new Set<string>();

  /** From here on edges are those of another state. */
  nextState(): void {
    this.seen.clear();
  }

  call(action: string, outcome: Outcome): void {
    for (const word of wordsOf(outcome)) add(this.calls, `${action} ${word}`);
  }

  /** An edge of this action, which is another one than those with other numbers. */
  edge(action: string, outcome: Outcome, number: number): void {
    for (const word of wordsOf(outcome)) {
      const key = `${number} ${word}`;
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      add(this.edges, `${action} ${word}`);
    }
  }
}
