/** `ringproof trace`, and its sub-commands that record a history and check one. */

import { Option, type Command } from "commander";
import {
  jsonOption,
  pgOption,
  pgVersionOption,
  positive,
  reportOption,
  seedOption,
  type Add,
  type CommonFlags,
  type PostgresFlags,
} from "../flags.js";
import { adapterOption, ofAdapter, type AdapterFlag } from "../adapter/command.js";
import { recordAdapter } from "../adapter/checks.js";
import { loadStorage } from "../adapter/load.js";
import type { Session } from "../session.js";
import { faultKinds, lostIn } from "./faults.js";
import { record } from "./record.js";
import { recordFile } from "./record-file.js";
import { checkSection } from "./section.js";

interface RecordFlags extends AdapterFlag, PostgresFlags, Pick<CommonFlags, "seed" | "json"> {
  readonly events?: number;
  readonly seconds?: number;
  readonly workers?: number;
  readonly lost?: number;
}

interface CheckFlags extends Pick<CommonFlags, "json" | "report"> {
  readonly tlc?: true;
  readonly itf?: string;
}

const recordAbout = "record a history from concurrent workers on Postgres";

const recordHelp = `
Writes one JSON object per line, as correctness/trace/history.schema.json says. The seed decides
what workers are inclined to call; no two recordings are the same. Postgres must run with
wal_level = logical; an embedded one does.`;

const checkAbout = "is this history a behaviour of the model? yours, or one that was recorded";

const checkHelp = `
The history of any queue is held to the contract, job by job; one of ringproof to its storage model,
too. A file finding-C8-….json of a report is a history as well.`;

/** Without a sub-command, all of C8. */
export function addTrace(add: Add, session: Session): void {
  const about = "C8: what concurrent workers see on Postgres, against contract and model";
  const trace = add("trace", about, "trace --seed 3")
    .addOption(adapterOption())
    .action(
      (flags: CommonFlags & AdapterFlag) =>
        ofAdapter(session, "trace", flags) ?? session.one(flags, session.claim("trace"), []),
    );
  trace.enablePositionalOptions();
  addRecord(trace, session);
  addCheck(trace, session);
}

function addRecord(trace: Command, session: Session): void {
  trace
    .command("record")
    .description(recordAbout)
    .argument("<file>", "where to write the history")
    .option("--events <n>", "calls before the queue is drained; 2,000 unless given", positive)
    .option("--seconds <n>", "for so long, if there are not enough calls before", positive)
    .option("--workers <n>", "how many call at once; 6 unless given", positive)
    .option("--lost <n>", "one call in so many is lost; none unless given", positive)
    .addOption(adapterOption())
    .addOption(seedOption())
    .addOption(pgOption())
    .addOption(pgVersionOption())
    .addOption(jsonOption())
    .addHelpText("after", recordHelp)
    .allowExcessArguments(false)
    .action(async (file: string, flags: RecordFlags) => {
      const { adapter, seed = 1, pg, pgVersion, json, lost, ...sizes } = flags;
      const source = session.source({ pg, pgVersion });
      const storage = adapter === undefined ? null : await loadStorage(adapter);
      await session.watched("trace", "workers call, and Postgres keeps a log", async (run) => {
        const progress = (done: number, total?: number) => run.progress("recording", done, total);
        const options = { ...sizes, source, seed, signal: run.signal, progress };
        // Only a server that was started here can be killed.
        const kinds = faultKinds.filter((kind) => kind !== "kill" || source.kind === "embedded");
        const { text, data } = await recordFile(file, () =>
          storage
            ? recordAdapter(storage, { ...options, lost })
            : record({ ...options, ...(lost && { faults: lostIn(kinds, lost) }) }),
        );
        session.tell(text, data, json);
        return "holds";
      });
    });
}

function addCheck(trace: Command, session: Session): void {
  trace
    .command("check")
    .description(checkAbout)
    .argument("<file>", "the history")
    .addOption(new Option("--tlc", "ask TLC as well, of a history of ringproof that is short"))
    .option("--itf <file>", "write the explanation as an ITF trace, for other TLA+ tools")
    .addOption(jsonOption())
    .addOption(reportOption())
    .addHelpText("after", checkHelp)
    .allowExcessArguments(false)
    .action((file: string, { tlc, itf, ...flags }: CheckFlags) => {
      const sentence = "the calls are explained";
      const titled = { command: "trace check", id: "trace", sentence, alone: !tlc };
      return session.section(titled, flags, (run) => checkSection(file, { tlc, itf }, run));
    });
}
