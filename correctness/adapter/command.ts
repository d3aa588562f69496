/** The flag `--adapter` of the commands that check a storage of somebody's own, too. */

import { Option } from "commander";
import { UserError } from "../../src/errors.js";
import type { CommonFlags } from "../flags.js";
import type { Session } from "../session.js";
import { runChecks } from "./checks.js";
import { loadStorage } from "./load.js";
import { checkNames, type CheckName } from "./storage.js";

export interface AdapterFlag {
  readonly adapter?: string;
}

export const adapterOption = (): Option =>
  new Option("--adapter <file>", "a storage of your own: a module whose default export it is");

/** `check` makes all of the checks, each of the others its own. */
type Command = "check" | CheckName;

/** What means nothing to a storage of which only the contract is known. */
function refuse(names: readonly string[], { shard, ...flags }: CommonFlags & object): void {
  const [unused] = [
    ...names,
    ...["database", "path", "replay"].filter((name) => name in flags).map((name) => `--${name}`),
    ...(shard.count > 1 ? ["--shard"] : []),
  ];
  if (unused === undefined) return;
  throw new UserError(`${unused} means nothing with --adapter.`, "Leave it out.");
}

/** The command for a storage of somebody's own, where there is one. */
export const ofAdapter = (
  session: Session,
  command: Command,
  { adapter, ...flags }: CommonFlags & AdapterFlag,
  names: readonly string[] = [],
): Promise<void> | null =>
  adapter === undefined ? null : run(session, command, { ...flags, adapter }, names);

async function run(
  session: Session,
  command: Command,
  flags: CommonFlags & Required<AdapterFlag>,
  names: readonly string[],
): Promise<void> {
  const { adapter, tier, seed = 1 } = flags;
  refuse(names, flags);
  const source = session.source(flags);
  const storage = await loadStorage(adapter);
  const sentence = `${storage.name} keeps the queue contract`;
  const some = command === "check" ? checkNames : [command];
  const seeded = session.needs(command).includes("seed") ? ` --seed ${seed}` : "";
  const replay = `ringproof ${command} --adapter ${adapter} --tier ${tier}${seeded}`;
  await session.section({ command, id: "adapter", sentence }, flags, async (run) => {
    const started = performance.now();
    const checked = await runChecks(some, source, { ...run, storage, tier, seed, replay });
    const verdict = checked.findings.length > 0 ? "violated" : "holds";
    const seconds = (performance.now() - started) / 1000;
    return { id: "adapter", sentence, verdict, seconds, ...checked };
  });
}
