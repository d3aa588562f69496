/** The flags that commands share, and how their values are read. */

import { InvalidArgumentError, Option, type Command } from "commander";
import { versions } from "../src/postgres/versions.js";
import { tiers, type Need, type Shard, type Tier } from "./claims.js";

/** Where Postgres is, and of which version. */
export interface PostgresFlags {
  readonly pg?: string | undefined;
  readonly pgVersion?: number | undefined;
}

export interface CommonFlags extends PostgresFlags {
  readonly tier: Tier;
  readonly shard: Shard;
  readonly seed?: number;
  readonly json?: true;
  readonly report?: string;
}

export interface AuditFlags {
  readonly schema: string;
  readonly pg?: string;
  readonly json?: true;
}

export type CoverageFlags = Omit<CommonFlags, "shard">;
export type WitnessFlags = PostgresFlags & Pick<CommonFlags, "json" | "report">;

/** A command without flags; its example stands below its help and the program's. */
export type Add = (name: string, about: string, example: string) => Command;

export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

/** More than nothing, and not only in whole numbers. */
export function amount(text: string): number {
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError("Give a number above 0, such as 0.5.");
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

export const tierOption = (): Option =>
  new Option("--tier <tier>", "how much to cover").choices(tiers);

const reportHelp = "write JUnit, an HTML page and a JSON bundle per finding";
const pgHelp = "a URL, embedded, or testcontainers; else DATABASE_URL, else embedded";

export const jsonOption = (): Option =>
  new Option("--json", "the last line of standard output is JSON; everything else goes to stderr");

export const pgOption = (): Option => new Option("--pg <where>", pgHelp);

/** A major version, such as 14. */
export function version(text: string): number {
  const major = whole(text);
  if (!versions.includes(major))
    throw new InvalidArgumentError(`Give one of ${versions.join(", ")}.`);
  return major;
}

export const pgVersionOption = (): Option =>
  new Option("--pg-version <n>", "of which version; any that --pg says, else 18").argParser(
    version,
  );

export const seedOption = (): Option =>
  new Option("--seed <n>", "seed of everything random").argParser(whole).default(1);

export const reportOption = (): Option => new Option("--report <dir>", reportHelp);

/** A flag that would mean nothing to the command is none of its flags. */
export function withFlags(command: Command, needs: readonly Need[]): Command {
  command
    .addOption(tierOption().default("quick"))
    .addOption(
      new Option("--shard <i/n>", "part i of n parts of the work")
        .argParser(shard)
        .default({ index: 1, count: 1 }, "1/1"),
    )
    .addOption(jsonOption())
    .addOption(reportOption());
  if (needs.includes("seed")) command.addOption(seedOption());
  if (needs.includes("pg")) command.addOption(pgOption()).addOption(pgVersionOption());
  return command;
}
