/** Numbers from 0 to below n; those of one seed are always the same. */
export type Dice = (n: number) => number;

/** The generator mulberry32. */
export function newDice(seed: number): Dice {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

/** One of them; nothing where there is none. */
export const oneOf = <T>(all: readonly T[], dice: Dice): T | undefined => all[dice(all.length)];
