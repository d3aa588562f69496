/** `--shard i/n`: every n-th piece of the work, from the i-th on. */

import { UserError } from "../src/errors.js";
import type { Shard } from "./claims.js";

/** Who does nothing shows nothing; beside other claims that is as it may be. */
export class NothingToDo extends UserError {}

export class EmptyShard extends NothingToDo {
  constructor({ index, count }: Shard, working: number) {
    const message = `There is nothing to do in shard ${index}/${count}`;
    super(
      `${message}: there is work for ${working} of the ${count}.`,
      "Leave this shard out, or spread the work over fewer.",
    );
  }
}

export const inShard = <T>(items: readonly T[], { index, count }: Shard): T[] =>
  items.filter((_, i) => i % count === index - 1);

/** The meant ones among the shard's items; that there are none is said, with who has some. */
export function shardOf<T>(
  items: readonly T[],
  shard: Shard,
  meant: (item: T) => boolean = () => true,
): T[] {
  const mine = inShard(items, shard).filter(meant);
  if (mine.length > 0) return mine;
  const working = new Set(items.flatMap((item, i) => (meant(item) ? [i % shard.count] : [])));
  throw new EmptyShard(shard, working.size);
}
