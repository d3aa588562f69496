/** `ringproof bench`. */

import { readFileSync, writeFileSync } from "node:fs";
import { InvalidArgumentError, Option } from "commander";
import { UserError } from "../../src/errors.js";
import {
  amount,
  jsonOption,
  positive,
  reportOption,
  type Add,
  type CommonFlags,
} from "../flags.js";
import { readmeFile } from "../report/markdown.js";
import type { Session } from "../session.js";
import { checksSection, checksSentence } from "./checks-section.js";
import { growthCommand, growthSection, growthSentence } from "./growth-section.js";
import { longSection, longSentence } from "./long-section.js";
import { withGrowth, withPerformance } from "./readme.js";
import { names, type Name } from "./requests.js";
import { benchSection, sentence } from "./section.js";
import { ways, type Way } from "./sizes.js";

interface BenchFlags extends Pick<CommonFlags, "json" | "report"> {
  readonly rounds: number;
  readonly jobs: number;
  readonly seconds: number;
  readonly only?: readonly Name[];
  readonly long?: true;
  readonly checks?: true;
  readonly growth?: true | readonly Way[];
  readonly limit: number;
  readonly explorer?: boolean;
  readonly minutes: number;
  readonly write?: true;
}

const ROUNDS = 3;
const JOBS = 64_000;
const SECONDS = 10;
const MINUTES = 10;
const LIMIT = 60;

const about =
  "the engine beside pg-boss, graphile-worker and a plain table; exits 1 if it is slower";

const help = `
Each contestant gets a database of its own on an embedded Postgres with its usual settings: it
drains a backlog, then does 800 jobs a second; and both again beside a session that holds a snapshot
and does nothing. pg-boss, graphile-worker and the Node that they ask for come from npm, and stay in
the cache. With --long each does 800 jobs a second for minutes: the report shows curves. With
--checks it is the checks that are measured: the explorer beside TLC, and what conform and
interleave cost, in round trips to Postgres; with --growth what TLC, the explorer and conform cost
with more jobs, lanes and slots.`;

/** Reads one more of these, each once. */
const someOf =
  <T extends string>(all: readonly T[]) =>
  (text: string, before: readonly T[] = []): readonly T[] => {
    const one = all.find((known) => known === text);
    if (one === undefined) throw new InvalidArgumentError(`Give some of ${all.join(", ")}.`);
    return before.includes(one) ? before : [...before, one];
  };

const wayNames = Object.keys(ways) as Way[];

export function addBench(add: Add, session: Session): void {
  add("bench", about, "bench --rounds 1 --only ringproof plain-table")
    .option(
      "--rounds <n>",
      "how often each is measured; what counts is the median",
      positive,
      ROUNDS,
    )
    .option("--jobs <n>", "of a backlog; twice as many pass before it is pinned", positive, JOBS)
    .option("--seconds <n>", "for so long jobs are offered", positive, SECONDS)
    .option("--only <names...>", `some of ${names.join(", ")}`, someOf(names))
    .addOption(new Option("--long", "warm-up, clean, pinned and recovery").conflicts(shortOnes))
    .addOption(
      new Option("--minutes <n>", "how long --long takes for each of them")
        .argParser(amount)
        .default(MINUTES)
        .implies({ long: true }),
    )
    .addOption(new Option("--checks", "what the checks cost").conflicts([...engineOnes, "write"]))
    .addOption(
      new Option("--growth [ways...]", `what more ${wayNames.join(", ")} cost, or some of them`)
        .argParser(someOf(wayNames))
        .conflicts(["rounds", "checks", ...engineOnes]),
    )
    .addOption(
      new Option("--explorer", "of --growth what the explorer costs, and nothing else").implies({
        growth: true,
      }),
    )
    .addOption(
      new Option("--limit <seconds>", "how long --growth takes at most for one thing of a size")
        .argParser(amount)
        .default(LIMIT)
        .implies({ growth: true }),
    )
    .addOption(new Option("--write", "put the figures into README.md").conflicts(["long", "only"]))
    .addOption(jsonOption())
    .addOption(reportOption())
    .addHelpText("after", help)
    .action(({ only = names, ...flags }: BenchFlags) => {
      if (flags.growth) return growth(session, flags);
      if (flags.checks) return checks(session, flags);
      return flags.long ? long(session, only, flags) : short(session, only, flags);
    });
}

/** What says how much is measured otherwise. */
const shortOnes = ["rounds", "jobs", "seconds"];

/** What says how the engine is measured. */
const engineOnes = ["jobs", "seconds", "only", "long", "minutes"];

function growth(session: Session, { limit, explorer = false, ...flags }: BenchFlags) {
  const named = flags.growth && flags.growth !== true ? flags.growth : wayNames;
  return session.section({ command: "bench", sentence: growthSentence }, flags, async (run) => {
    const { signal, progress } = run;
    const some = Object.fromEntries(named.map((way) => [way, ways[way]]));
    const options = { ways: some, limit, explorerAlone: explorer, signal, progress };
    const section = await growthSection(options);
    const command = growthCommand(options);
    if (flags.write) write((readme, date) => withGrowth(readme, section, { command, date }));
    return section;
  });
}

function checks(session: Session, { rounds, ...flags }: BenchFlags) {
  return session.section({ command: "bench", sentence: checksSentence }, flags, (run) =>
    checksSection({ rounds, signal: run.signal, progress: run.progress }),
  );
}

function long(session: Session, only: readonly Name[], { minutes, ...flags }: BenchFlags) {
  return session.section({ command: "bench", sentence: longSentence }, flags, (run) =>
    longSection({ minutes, only, signal: run.signal, progress: run.progress }),
  );
}

function short(session: Session, only: readonly Name[], flags: BenchFlags) {
  const { rounds, jobs, seconds } = flags;
  return session.section({ command: "bench", sentence }, flags, (run) => {
    const { signal, progress } = run;
    const options = { rounds, jobs, seconds, only, signal, progress };
    return benchSection(options, (benched) => {
      if (flags.write) write((readme, date) => withPerformance(readme, benched, options, date));
    });
  });
}

function write(written: (readme: string, date: string) => string): void {
  const date = new Date().toISOString().slice(0, 10);
  const file = readmeFile();
  try {
    writeFileSync(file, written(readFileSync(file, "utf8"), date));
  } catch (cause) {
    const message = `${file} cannot be written: ${(cause as Error).message}.`;
    throw new UserError(message, "Run it in a checkout that you may write to.", { cause });
  }
}
