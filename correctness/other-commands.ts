/** The commands that are about no single claim. */

import { addExplain } from "./explain/command.js";
import {
  jsonOption,
  pgOption,
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

const coverageHelp = "how often everything occurred in each check; a zero is a finding";

function addCoverage(add: Add, session: Session): void {
  add("coverage", coverageHelp, "coverage --tier full --json")
    .addOption(tierOption().default("quick"))
    .addOption(seedOption())
    .addOption(pgOption())
    .addOption(jsonOption())
    .addOption(reportOption())
    .action((flags: CoverageFlags) => session.coverage(flags));
}

const witnessHelp = "the shortest behaviour of each shape: in the core, on Postgres and in TLC";

function addWitness(add: Add, session: Session): void {
  add("witness", witnessHelp, "witness receipt-rescue")
    .argument("[name...]", "the witnesses; one alone is shown call by call; all unless given")
    .addOption(pgOption())
    .addOption(jsonOption())
    .addOption(reportOption())
    .action((names: string[], flags: WitnessFlags) => session.witness(names, flags));
}

const configsHelp = "list the configurations, and which commands take them; checks nothing";

function addConfigs(add: Add, session: Session): void {
  add("configs", configsHelp, "configs --tier quick")
    .addOption(tierOption())
    .addOption(jsonOption())
    .action((flags: Partial<CommonFlags>) => session.configs(flags));
}

const auditHelp = "every invariant that rows can show, asked of a schema of yours; changes nothing";

function addAudit(add: Add, session: Session): void {
  add("audit", auditHelp, "audit --pg postgres://localhost/mail --schema mail_queue")
    .requiredOption("--schema <name>", "the schema that ringproof was installed into")
    .option("--pg <url>", "the database; else DATABASE_URL")
    .addOption(jsonOption())
    .action((flags: AuditFlags) => session.audit(flags));
}

export function addOtherCommands(add: Add, session: Session): void {
  addCoverage(add, session);
  addWitness(add, session);
  addConfigs(add, session);
  addExplain(add, session);
  addAudit(add, session);
}
