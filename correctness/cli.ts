/** The command line: commands, flags, exit codes. 0 holds, 1 violated, 2 usage or environment. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { registerCleanup } from "../src/cleanup.js";
import { UserError } from "../src/errors.js";
import { packageRoot } from "../src/package-root.js";
import { parsePgSource } from "../src/postgres/server.js";
import { exitCode, runClaims } from "./check.js";
import {
  tiers,
  type Claim,
  type ClaimResult,
  type Context,
  type Shard,
  type Tier,
} from "./claims.js";
import { runExploreCommand } from "./explore/claim.js";
import { replayLockstep } from "./lockstep/claim.js";
import { prepareFolder, writeFolder } from "./report/folder.js";
import { Progress, type Output } from "./report/progress.js";
import { claimsTable, detailsText, findingText, jsonLine, rowsTable } from "./report/text.js";
import { runTlcCommand, type TlcCommandOptions } from "./tlc/claim.js";

export interface Io {
  readonly out: Output;
  readonly err: Output;
  readonly env: NodeJS.ProcessEnv;
}

interface CommonFlags {
  readonly tier: Tier;
  readonly seed: number;
  readonly shard: Shard;
  readonly pg?: string;
  readonly json?: true;
  readonly report?: string;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

function positiveNumber(text: string): number {
  const n = whole(text);
  if (n === 0) throw new InvalidArgumentError("Give a number from 1.");
  return n;
}

function parseShard(text: string): Shard {
  const [index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index < 1 || index > count)
    throw new InvalidArgumentError("Give a part and the number of parts, such as 1/4.");
  return { index, count };
}

const common = (command: Command): Command =>
  command
    .addOption(new Option("--tier <tier>", "how much to cover").choices(tiers).default("quick"))
    .option("--seed <n>", "seed of everything random", whole, 1)
    .option("--shard <i/n>", "part i of n parts of the work", parseShard, { index: 1, count: 1 })
    .option("--pg <where>", "a URL, embedded, or testcontainers; else DATABASE_URL, else embedded")
    .option("--json", "the last line of standard output is JSON; everything else goes to stderr")
    .option("--report <dir>", "write JUnit, an HTML page and a JSON bundle per finding");

/** One invocation: where its output goes, and the code it ends with. */
class Session {
  code = 0;
  private readonly io: Io;
  private readonly claims: readonly Claim[];
  private readonly abort = new AbortController();

  constructor(io: Io, claims: readonly Claim[]) {
    this.io = io;
    this.claims = claims;
  }

  claim(id: string): Claim {
    return this.claims.find((c) => c.id === id)!;
  }

  /** Runs claims with a table of all of them, as `check` does. */
  async check(flags: CommonFlags): Promise<void> {
    await this.run(flags, async (contextOf) => {
      const results = await runClaims(this.claims, contextOf);
      return { results, text: claimsTable(this.claims, results) };
    });
  }

  /** Runs one claim with the table of its rows; its missing environment ends the command. */
  async one(
    flags: CommonFlags,
    claim: Claim,
    configs: readonly string[],
    run: (context: Context) => Promise<ClaimResult> = (context) => claim.run(context),
  ): Promise<void> {
    await this.run(flags, async (contextOf) => {
      const result = await run({ ...contextOf(claim), configs });
      return { results: [result], text: rowsTable(result.rows) };
    });
  }

  /** The core alone: not a claim of its own, so it has no line of JSON. */
  async explore(flags: CommonFlags, configs: readonly string[]): Promise<void> {
    const progress = new Progress(this.io.err);
    const context = { ...this.context(flags, this.claim("C2"), progress), configs };
    const { rows, findings } = await runExploreCommand(context);
    progress.clear();
    this.io.out.write(`${rowsTable(rows)}\n`);
    for (const finding of findings) this.io.out.write(`\n${findingText(finding)}\n`);
    this.code = exitCode(rows.map((row) => row.verdict));
  }

  private async run(
    flags: CommonFlags,
    body: (
      contextOf: (claim: Claim) => Context,
    ) => Promise<{ results: ClaimResult[]; text: string }>,
  ): Promise<void> {
    if (flags.report !== undefined) prepareFolder(flags.report);
    const progress = new Progress(this.io.err);
    const unregister = registerCleanup(() => this.abort.abort());
    const { results, text } = await body((claim) => this.context(flags, claim, progress)).finally(
      unregister,
    );
    progress.clear();
    const human = flags.json ? this.io.err : this.io.out;
    human.write(`ringproof, tier ${flags.tier}, seed ${flags.seed}\n${text}\n`);
    const details = detailsText(results);
    if (details !== "") human.write(`\n${details}\n`);
    const { tier, seed, report } = flags;
    if (report !== undefined) writeFolder(report, { tier, seed, claims: this.claims, results });
    if (flags.json) this.io.out.write(`${jsonLine(tier, results)}\n`);
    this.code = exitCode(results.map((r) => r.verdict));
  }

  private context(flags: CommonFlags, claim: Claim, progress: Progress): Context {
    return {
      tier: flags.tier,
      seed: flags.seed,
      shard: flags.shard,
      pg: parsePgSource(flags.pg, this.io.env),
      configs: [],
      signal: this.abort.signal,
      progress: (what, done, total) => progress.report(claim.id, what, done, total),
    };
  }
}

const version = (): string =>
  (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string })
    .version;

/** The program with all commands; `session` collects the exit code. */
function program(io: Io, session: Session): Command {
  const root = new Command("ringproof")
    .description("Holds a TLA+ model, a TypeScript core and a Postgres implementation equal.")
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: (s) => io.out.write(s), writeErr: (s) => io.err.write(s) })
    .addHelpText("after", "\nExit codes: 0 holds, 1 a claim is violated, 2 usage or environment.");
  const add = (name: string, about: string, example: string) =>
    common(root.command(name).description(about))
      .addHelpText("after", `\nExample: npx ringproof ${example}`)
      .allowExcessArguments(false);
  add("check", "run every claim and print one table", "check --tier quick").action(
    (flags: CommonFlags) => session.check(flags),
  );
  add("tlc", "C1: TLC on every configuration, against the manifest", "tlc lifecycle --workers 2")
    .argument("[config...]", "names of the manifest; all of the tier unless given")
    .option("--workers <n>", "TLC's worker threads", positiveNumber)
    .option("--simulate <n>", "n random behaviours instead of every state", positiveNumber)
    .option("--dump <file>", "write the labelled graph, one JSON value per line")
    .action((configs: string[], flags: CommonFlags & TlcCommandOptions) =>
      session.one(flags, session.claim("C1"), configs, (c) => runTlcCommand(flags, c)),
    );
  add("explore", "the TypeScript core alone: states, invariants, drainability", "explore slots")
    .argument("[config...]", "names of the manifest; all of the tier unless given")
    .action((configs: string[], flags: CommonFlags) => session.explore(flags, configs));
  add("graph", "C2: TLC's labelled graph and the core's, edge for edge", "graph slots lifecycle")
    .argument("[config...]", "names of the manifest; all of the tier unless given")
    .action((configs: string[], flags: CommonFlags) =>
      session.one(flags, session.claim("C2"), configs),
    );
  add("conform", "C3: every action on every reachable state, on Postgres", "conform slots")
    .argument("[config...]", "names of the manifest; those of the tier unless given")
    .action((configs: string[], flags: CommonFlags) =>
      session.one(flags, session.claim("C3"), configs),
    );
  add("lockstep", "C4: contract, core and Postgres in random runs", "lockstep --seed 7")
    .option("--path <path>", "the path that a failure printed, with its seed")
    .action((flags: CommonFlags & { readonly path?: string }) => {
      const { path } = flags;
      const claim = session.claim("C4");
      const run = path === undefined ? claim.run : (c: Context) => replayLockstep(c, path);
      return session.one(flags, claim, [], run);
    });
  return root;
}

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[], io: Io, claims: readonly Claim[]) {
  const session = new Session(io, claims);
  try {
    await program(io, session).parseAsync([...args], { from: "user" });
    return session.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      io.err.write(`error: ${error.message}\n${error.remedy}\n`);
      return 2;
    }
    const { stack } = error as Error;
    io.err.write(`error: this is a mistake in ringproof itself\n${stack ?? String(error)}\n`);
    return 2;
  }
}
