/** The flags that every command has, and how their values are read. */

import { InvalidArgumentError, Option, type Command } from "commander";
import { tiers, type Shard, type Tier } from "./claims.js";

export interface CommonFlags {
  readonly tier: Tier;
  readonly seed: number;
  readonly shard: Shard;
  readonly pg?: string;
  readonly json?: true;
  readonly report?: string;
}

export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

export function positive(text: string): number {
  const n = whole(text);
  if (n === 0) throw new InvalidArgumentError("Give a number from 1.");
  return n;
}

function shard(text: string): Shard {
  const [index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index < 1 || index > count)
    throw new InvalidArgumentError("Give a part and the number of parts, such as 1/4.");
  return { index, count };
}

export const common = (command: Command): Command =>
  command
    .addOption(new Option("--tier <tier>", "how much to cover").choices(tiers).default("quick"))
    .option("--seed <n>", "seed of everything random", whole, 1)
    .addOption(
      new Option("--shard <i/n>", "part i of n parts of the work")
        .argParser(shard)
        .default({ index: 1, count: 1 }, "1/1"),
    )
    .option("--pg <where>", "a URL, embedded, or testcontainers; else DATABASE_URL, else embedded")
    .option("--json", "the last line of standard output is JSON; everything else goes to stderr")
    .option("--report <dir>", "write JUnit, an HTML page and a JSON bundle per finding");
