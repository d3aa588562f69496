/** How often each thing occurred in each check: what the claims count anyway, in one place. */

export const columns = [
  "TLC",
  "core",
  "conform",
  "lockstep",
  "interleave",
  "trace",
  "mutants",
] as const;
export type Column = (typeof columns)[number];

/** What is counted: actions, what they answer, properties, and the labelled statements of SQL. */
export type Kind = "action" | "answer" | "property" | "label";

/** Which kinds of things a claim counts, in which columns. */
export type Fills = Readonly<Partial<Record<Column, readonly Kind[]>>>;

/**
 * Numbers by column and item. Items are named as in `Claim`, `Claim empty`, `RescueCursor Claim`,
 * `NoTokenTwice` and `hand_out.read_tail`.
 */
export class Counts {
  private readonly byColumn = new Map<Column, Map<string, number>>();

  add(column: Column, item: string, n = 1): void {
    const counted = this.byColumn.get(column) ?? new Map<string, number>();
    this.byColumn.set(column, counted.set(item, (counted.get(item) ?? 0) + n));
  }

  /** An answer is also one of its action, or so many. */
  answer(column: Column, action: string, word: string, n = 1): void {
    this.add(column, action, n);
    this.add(column, `${action} ${word}`, n);
  }

  /** Several items at once. */
  all(column: Column, numbers: Iterable<readonly [item: string, n: number]>): void {
    for (const [item, n] of numbers) this.add(column, item, n);
  }

  merge({ byColumn }: Counts): void {
    for (const [column, counted] of byColumn) this.all(column, counted);
  }

  of(column: Column, item: string): number {
    return this.byColumn.get(column)?.get(item) ?? 0;
  }
}
