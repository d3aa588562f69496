/** The commands that are about no single claim. */

import { auditSection } from "./audit.js";
import { addBench } from "./bench/command.js";
import { configurations, configurationsTable } from "./configs.js";
import { addExplain } from "./explain/command.js";
import {
  jsonOption,
  pgOption,
  pgVersionOption,
  reportOption,
  seedOption,
  tierOption,
  type Add,
  type AuditFlags,
  type CommonFlags,
  type CoverageFlags,
  type WitnessFlags,
} from "./flags.js";
import type { Session } from "./session.js";
import { addSoak } from "./soak/command.js";
import { sentence, witnessSection } from "./witness/section.js";

const coverageHelp = "how often everything occurred in each check; a zero is a finding";

function addCoverage(add: Add, session: Session): void {
  add("coverage", coverageHelp, "coverage --tier full --json")
    .addOption(tierOption().default("quick"))
    .addOption(seedOption())
    .addOption(pgOption())
    .addOption(pgVersionOption())
    .addOption(jsonOption())
    .addOption(reportOption())
    .action((flags: CoverageFlags) => session.coverage(flags));
}

const witnessHelp = "the shortest behaviour of each shape: in the core, on Postgres and in TLC";

function addWitness(add: Add, session: Session): void {
  add("witness", witnessHelp, "witness receipt-rescue")
    .argument("[name...]", "the witnesses; one alone is shown call by call; all unless given")
    .addOption(pgOption())
    .addOption(pgVersionOption())
    .addOption(jsonOption())
    .addOption(reportOption())
    .action((names: string[], flags: WitnessFlags) => {
      const pg = session.source(flags);
      return session.section({ command: "witness", sentence }, flags, (run) =>
        witnessSection(names, { pg, ...run }),
      );
    });
}

const configsHelp = "list the configurations, and which commands take them; checks nothing";

function addConfigs(add: Add, session: Session): void {
  add("configs", configsHelp, "configs --tier quick")
    .addOption(tierOption())
    .addOption(jsonOption())
    .action(async ({ tier, json }: Partial<CommonFlags>) => {
      const configs = await configurations(tier);
      session.tell(configurationsTable(configs), { configs }, json);
    });
}

const auditHelp = "every invariant that rows can show, asked of a schema of yours; changes nothing";

function addAudit(add: Add, session: Session): void {
  add("audit", auditHelp, "audit --pg postgres://localhost/mail --schema mail_queue")
    .requiredOption("--schema <name>", "the schema that ringproof was installed into")
    .option("--pg <url>", "the database; else DATABASE_URL")
    .addOption(jsonOption())
    .action(({ schema, ...flags }: AuditFlags) => {
      const pg = session.source(flags);
      const titled = { command: "audit", sentence: `the rows of schema ${schema}` };
      return session.section(titled, flags, () => auditSection(pg, schema));
    });
}

export function addOtherCommands(add: Add, session: Session): void {
  addCoverage(add, session);
  addWitness(add, session);
  addConfigs(add, session);
  addExplain(add, session);
  addAudit(add, session);
  addSoak(add, session);
  addBench(add, session);
}
