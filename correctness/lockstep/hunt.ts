import type { Choice } from "./choices.js";

/** What came of a run, which is walked up to the first bad step. */
interface Tried {
  /** How many choices were looked at, up to the bad step. */
  readonly used: number;
  readonly bad: unknown;
}

type Found<W extends Tried> = W & {
  readonly choices: readonly Choice[];
  readonly bad: NonNullable<W["bad"]>;
};

const SHRINK_MS = 90_000;
export const SHRINK_RUNS = 300;

/**
 * One run, and the shorter ones that the library tries once it has failed. They are made only as
 * long as the limits allow and where the outcome is not known from a longer one.
 */
export class Hunt<W extends Tried> {
  tried = 0;
  smallest: Found<W> | undefined;
  stopped: { readonly reason: unknown } | undefined;
  private deadline = Infinity;
  private readonly limit: number;
  private readonly walk: (choices: readonly Choice[], first: boolean) => Promise<W>;
  private readonly found: () => void;

  constructor(limit: number, walk: Hunt<W>["walk"], found: () => void) {
    this.limit = limit;
    this.walk = walk;
    this.found = found;
  }

  async passes(choices: readonly Choice[]): Promise<boolean> {
    if (this.stopped || this.tried >= this.limit || Date.now() > this.deadline) return true;
    const first = !this.smallest;
    const known = this.known(choices);
    if (known !== undefined) return known;
    this.tried++;
    try {
      const walked = await this.walk(choices, first);
      if (!walked.bad) return true;
      if (first) this.deadline = Date.now() + SHRINK_MS;
      this.smallest = { ...walked, choices, bad: walked.bad };
      if (first) this.found();
      return false;
    } catch (reason) {
      this.stopped = { reason };
      return true;
    }
  }

  /** A run that begins as the smallest does fails where that one fails, if it comes that far. */
  private known(choices: readonly Choice[]): boolean | undefined {
    if (!this.smallest) return undefined;
    const { used, choices: before } = this.smallest;
    const begin = choices.slice(0, used);
    return begin.every((c, i) => c === before[i]) ? begin.length < used : undefined;
  }
}
