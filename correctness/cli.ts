/** The command line: commands, flags, exit codes. 0 holds, 1 violated, 2 usage or environment. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { UserError } from "../src/errors.js";
import { adapterOption, ofAdapter, type AdapterFlag } from "./adapter/command.js";
import { packageRoot } from "../src/package-root.js";
import type { Claim } from "./claims.js";
import { conformDatabase } from "./conform/claim.js";
import { positive, whole, withFlags, type Add, type CommonFlags } from "./flags.js";
import { replaySchedule } from "./interleave/replay.js";
import { writeLocks } from "./locks/claim.js";
import { predictLocks } from "./locks/predicted.js";
import { replayLockstep } from "./lockstep/claim.js";
import { addOtherCommands } from "./other-commands.js";
import { notWritable } from "./not-writable.js";
import { Session, type Io } from "./session.js";
import { addTrace } from "./trace/command.js";
import { runTlcCommand, type TlcCommandOptions } from "./tlc/claim.js";

const INTERRUPTED = 130;

const exitCodes = `
Exit codes: 0 every claim holds, 1 a claim is violated, 2 wrong usage, or a claim could not be
run because something is missing here; its row says "not run", and why stands below the table.`;

const version = (): string =>
  (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string })
    .version;

/** Empties the file: several configurations append to it. */
function prepareDump(file: string): void {
  try {
    writeFileSync(file, "");
  } catch (cause) {
    notWritable(file)(cause as Error);
  }
}

/** TLC as the claim runs it, unless something is asked of it that the claim does not do. */
function tlc(session: Session, configs: string[], flags: CommonFlags & TlcCommandOptions) {
  const { workers, simulate, dump } = flags;
  const claim = session.claim("tlc");
  if (workers === undefined && simulate === undefined && dump === undefined)
    return session.one(flags, claim, configs);
  if (dump !== undefined) prepareDump(dump);
  return session.one(flags, claim, configs, (context) => runTlcCommand(flags, context));
}

type Flags = CommonFlags & AdapterFlag;

type ConformFlags = Flags & { readonly database?: number };

function conform(session: Session, configs: string[], flags: ConformFlags) {
  const own = ofAdapter(session, "conform", flags, configs);
  if (own) return own;
  const { database } = flags;
  const claim = session.claim("conform");
  if (database === undefined) return session.one(flags, claim, configs);
  return session.one(flags, claim, configs, (context) => conformDatabase(context, database));
}

function lockstep(session: Session, flags: Flags & { readonly path?: string }) {
  const own = ofAdapter(session, "lockstep", flags);
  if (own) return own;
  const { path } = flags;
  const claim = session.claim("lockstep");
  if (path === undefined) return session.one(flags, claim, []);
  return session.one(flags, claim, [], (context) => replayLockstep(context, path));
}

type InterleaveFlags = Flags & { readonly replay?: string };

function interleave(session: Session, operations: string[], flags: InterleaveFlags) {
  const own = ofAdapter(session, "interleave", flags, operations);
  if (own) return own;
  const { replay } = flags;
  const claim = session.claim("interleave");
  if (replay === undefined) return session.one(flags, claim, operations);
  return session.one(flags, claim, [], (context) => replaySchedule(context, replay));
}

type LocksFlags = CommonFlags & { readonly write?: true; readonly predict?: true };

function locks(session: Session, names: string[], flags: LocksFlags) {
  const claim = session.claim("locks");
  if (flags.write) return session.one(flags, claim, names, writeLocks);
  if (flags.predict) return session.one(flags, claim, names, predictLocks);
  return session.one(flags, claim, names);
}

type MutantsFlags = CommonFlags & { readonly only?: readonly string[] };

const mutants = (session: Session, flags: MutantsFlags) =>
  session.one(flags, session.claim("mutants"), flags.only ?? []);

const replayHelp = `
With --path only that run is made: 1 if it is violated, 0 and "no violation" if it is not, be it
mended or never a failure, and 2 if no run has this path.`;

const interleaveHelp = `
A schedule is an interleaving of the statements of the calls. Those that only differ in the order of
steps that do not depend on each other are one; "stand for" counts them all.`;

const versionsHelp = `
The binaries of other versions come from npm, and stay in the cache. With --pg-version it is that
version, and no other.`;

function addCommands(add: Add, session: Session): void {
  const some = "names that `ringproof configs` lists; all of the tier unless given";
  add("check", "run every claim and print one table", "check --tier quick")
    .addOption(adapterOption())
    .action((flags: Flags) => ofAdapter(session, "check", flags) ?? session.check(flags));
  add("tlc", "C1: TLC on every configuration, against the manifest", "tlc lifecycle --workers 2")
    .argument("[config...]", some)
    .option("--workers <n>", "TLC's worker threads", positive)
    .option("--simulate <n>", "n random behaviours instead of every state", positive)
    .addOption(
      new Option("--dump <file>", "write the labelled graph, one JSON value per line").conflicts(
        "simulate",
      ),
    )
    .action((configs: string[], flags: CommonFlags & TlcCommandOptions) =>
      tlc(session, configs, flags),
    );
  add("explore", "the TypeScript core alone: states, invariants, drainability", "explore slots")
    .argument("[config...]", some)
    .action((configs: string[], flags: CommonFlags) => session.explore(flags, configs));
  add("graph", "C2: TLC's labelled graph and the core's, edge for edge", "graph slots lifecycle")
    .argument("[config...]", some)
    .action((configs: string[], flags: CommonFlags) =>
      session.one(flags, session.claim("graph"), configs),
    );
  add("conform", "C3: every action on every reachable state, on Postgres", "conform slots")
    .argument("[config...]", some)
    .addOption(adapterOption())
    .option("--database <n>", "only this database, by the number that a failure printed", whole)
    .action((configs: string[], flags: ConformFlags) => conform(session, configs, flags));
  add("lockstep", "C4: contract, core and Postgres in random runs", "lockstep --seed 7")
    .addHelpText("after", replayHelp)
    .addOption(adapterOption())
    .option("--path <path>", "the path that a failure printed, with its seed")
    .action((flags: Flags & { readonly path?: string }) => lockstep(session, flags));
  add("interleave", "C5: every interleaving of two or three calls", "interleave Claim CancelReady")
    .addHelpText("after", interleaveHelp)
    .argument("[operation...]", "one and whatever meets it, or those that meet each other")
    .addOption(adapterOption())
    .option("--replay <file>", "only the schedule that a report has kept in this file")
    .action((operations: string[], flags: InterleaveFlags) =>
      interleave(session, operations, flags),
    );
  add("locks", "C6: the locks of every operation, against their plans", "locks Claim PruneQueue")
    .argument("[operation...]", "operations of MAPPING.md; all unless given")
    .option("--write", "record all of them, and write spec/lock-plans.json and LockPlans.tla")
    .addOption(
      new Option(
        "--predict",
        "what TLC finds for changed SQL, as a deadlock or a convoy on Postgres",
      ).conflicts("write"),
    )
    .action((names: string[], flags: LocksFlags) => locks(session, names, flags));
  add("mutants", "C7: bugs planted on purpose, and what finds them", "mutants --only convoy claim")
    .option("--only <name...>", "bugs of the README, functions, actions, or kinds of change")
    .action((flags: MutantsFlags) => mutants(session, flags));
  addTrace(add, session);
  add("versions", "smaller runs of these on older versions of Postgres", "versions --tier full")
    .addHelpText("after", versionsHelp)
    .action((flags: CommonFlags) => session.one(flags, session.claim("versions"), []));
}

function program(io: Io, session: Session): Command {
  const examples: string[] = [];
  const root = new Command("ringproof")
    .description("Holds a TLA+ model, a TypeScript core and a Postgres implementation equal.")
    .version(version())
    // What stands behind a command is a flag of that, and of no command before it.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (s) => io.out.write(s), writeErr: (s) => io.err.write(s) })
    .showHelpAfterError("Run it with --help to see what there is.")
    .addHelpText("after", () => `\nExamples:\n  ${examples.join("\n  ")}\n${exitCodes}`);
  const add: Add = (name, about, example) => {
    examples.push(`npx ringproof ${example}`);
    return root
      .command(name)
      .description(about)
      .addHelpText("after", `\nExample: npx ringproof ${example}\n${exitCodes}`)
      .allowExcessArguments(false);
  };
  addCommands((name, ...rest) => withFlags(add(name, ...rest), session.needs(name)), session);
  addOtherCommands(add, session);
  return root;
}

/** What is wrong and what to do; only a mistake in ringproof shows where it happened. */
export function problemText(error: unknown): string {
  if (error instanceof UserError) return `error: ${error.message}\n${error.remedy}\n`;
  const where = error instanceof Error ? error.stack : String(error);
  return `error: this is a mistake in ringproof itself\n${where}\n`;
}

/** Runs one command line and returns its exit code. */
export async function main(
  args: readonly string[],
  io: Io,
  claims: readonly Claim[],
): Promise<number> {
  const session = new Session(io, claims);
  try {
    await program(io, session).parseAsync([...args], { from: "user" });
    return session.code;
  } catch (error) {
    if (session.interrupted) return INTERRUPTED;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err.write(problemText(error));
    return 2;
  }
}
