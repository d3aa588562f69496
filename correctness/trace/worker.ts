import type { Token } from "../../src/core/index.js";
import type { Dice } from "./dice.js";

/** One of those who call, with the tokens of the attempts that it has not given up. */
export interface Worker {
  readonly name: string;
  readonly dice: Dice;
  hands: Token[];
  /** For so many calls it is late. */
  late: number;
}

export const newWorker = (name: string, dice: Dice): Worker => ({ name, dice, hands: [], late: 0 });

/** A call of it was lost: it has lost its connection only, or it has died, and knows nothing. */
export function lose(worker: { readonly dice: Dice; hands: unknown[] }): void {
  if (worker.dice(2) === 0) worker.hands = [];
}
