/** `ringproof soak`. */

import {
  amount,
  jsonOption,
  pgOption,
  pgVersionOption,
  positive,
  reportOption,
  seedOption,
  type Add,
  type CommonFlags,
} from "../flags.js";
import type { Session } from "../session.js";
import { sentence, soakSection } from "./section.js";

interface SoakFlags extends Pick<CommonFlags, "pg" | "pgVersion" | "seed" | "json" | "report"> {
  readonly minutes: number;
  readonly rate: number;
  readonly workers: number;
}

const MINUTES = 1;
const RATE = 200;
const WORKERS = 8;

const about = "workers at a real rate, with everything that can be lost being lost: nothing is";

const help = `
Sessions are terminated at labelled statements, connections cut before and after COMMIT, the server
is killed where it was started here, clocks leap, workers die or fall silent, and maintenance goes
on without a pause. What callers were told is then compared with what Postgres has. The seed decides
what callers are inclined to do; no two soaks are the same. It stops at the first thing wrong.`;

export function addSoak(add: Add, session: Session): void {
  add("soak", about, "soak --minutes 10 --rate 300")
    .option(
      "--minutes <n>",
      "for so long, such as 0.5; then all is done and compared",
      amount,
      MINUTES,
    )
    .option("--rate <n>", "jobs that are offered a second", positive, RATE)
    .option("--workers <n>", "how many work at once", positive, WORKERS)
    .addOption(seedOption())
    .addOption(pgOption())
    .addOption(pgVersionOption())
    .addOption(jsonOption())
    .addOption(reportOption())
    .addHelpText("after", help)
    .action(({ minutes, rate, workers, seed = 1, ...flags }: SoakFlags) => {
      const source = session.source(flags);
      const sizes = { seconds: minutes * 60, rate, workers, seed };
      return session.section({ command: "soak", sentence, seed }, flags, (run) =>
        soakSection({ source, ...sizes, signal: run.signal, progress: run.progress }),
      );
    });
}
