/** One invocation of the command line: runs what a command asks for and prints what came out. */

import { parsePgSource, type PgSource } from "../src/postgres/server.js";
import { exitCode, runClaim } from "./check.js";
import type { Claim, ClaimResult, Context, Need, RunContext, Verdict } from "./claims.js";
import { explained } from "./explain/explain.js";
import { exploreSection } from "./explore/section.js";
import type { Counted } from "./coverage/judge.js";
import { coverageOf } from "./coverage/section.js";
import { coverageText } from "./coverage/table.js";
import type { CommonFlags, CoverageFlags, PostgresFlags } from "./flags.js";
import { prepareFolder, writeFolder } from "./report/folder.js";
import { PlainProgress, type Output, type Watching } from "./report/progress.js";
import { onSamePostgres, withKept } from "./report/replay.js";
import { heading, type Report, type Section } from "./report/report.js";
import { progressOn } from "./report/terminal.js";
import { claimsTable, detailsText, jsonLine, rowsTable } from "./report/text.js";

export interface Io {
  readonly out: Output;
  readonly err: Output;
  readonly env: NodeJS.ProcessEnv;
  /** From the first call on, an interruption aborts this signal instead of ending the process. */
  interruption(): AbortSignal;
}

/** Columns of what is no terminal, and of the narrowest one. */
const NARROWEST = 100;

type ContextOf = (id: string) => Context;
type Table = (sections: readonly Section[]) => string;

const rowsOf: Table = (sections) => rowsTable(sections.flatMap((s) => s.rows));

const sectionOf = (claim: Claim, result: ClaimResult, flags: CommonFlags): Section =>
  onSamePostgres({ ...result, sentence: claim.sentence }, claim.needs.includes("pg") ? flags : {});

/** A command that checks no claim whole, and what it says. */
interface Titled {
  readonly command: string;
  readonly id?: string;
  /** Where anything is random. */
  readonly seed?: number;
  readonly sentence: string;
  /** It starts nothing, and never pauses: an interruption ends it as if nobody listened. */
  readonly alone?: boolean;
}

export class Session {
  /** The exit code. */
  code = 0;
  private readonly io: Io;
  private readonly claims: readonly Claim[];
  private signal: AbortSignal | undefined;

  constructor(io: Io, claims: readonly Claim[]) {
    this.io = io;
    this.claims = claims;
  }

  get interrupted(): boolean {
    return this.signal?.aborted ?? false;
  }

  claim(command: string): Claim {
    return this.claims.find((claim) => claim.command === command)!;
  }

  /** What the claims behind a command need; two of them run all, and `explore` runs none. */
  needs(command: string): readonly Need[] {
    const all = command === "check" || command === "coverage";
    return this.claims.filter((c) => all || c.command === command).flatMap((c) => c.needs);
  }

  /** All claims, in one table, and whether any of them says something of nothing. */
  async check(flags: CommonFlags): Promise<void> {
    const { sections, counted } = await this.all("check", this.claims, flags);
    const { tier, seed = 1, shard } = flags;
    // A shard is a part, in which nothing need occur.
    if (shard.count === 1 && counted.some(({ result }) => result.counts))
      sections.push((await coverageOf(counted, { tier, seed, labels: false })).section);
    this.print({ ...flags, command: "check", sections }, flags, claimsTable);
  }

  /** What the claims count, in one table. */
  async coverage(flags: CoverageFlags): Promise<void> {
    const counting = this.claims.filter(({ fills }) => fills !== undefined);
    const whole = { ...flags, shard: { index: 1, count: 1 } };
    const { sections, counted } = await this.all("coverage", counting, whole, true);
    const { tier, seed = 1 } = flags;
    const { section, judgement } = await coverageOf(counted, { tier, seed, labels: true });
    const all = [...sections, onSamePostgres(section, flags)];
    const table: Table = (some) => `${coverageText(judgement.rows)}\n\n${claimsTable(some)}`;
    this.print({ ...flags, command: "coverage", sections: all }, flags, table);
  }

  /** These claims, one after the other, with what came of them. */
  private async all(
    command: string,
    claims: readonly Claim[],
    flags: CommonFlags,
    labels = false,
  ): Promise<{ readonly sections: Section[]; readonly counted: readonly Counted[] }> {
    const watching = this.heard();
    const contextOf = this.prepare(command, flags, [], watching);
    const sections: Section[] = [];
    const counted: Counted[] = [];
    await watching.progress.each(claims, async (claim) => {
      const result = await runClaim(claim, { ...contextOf(claim.id), labels });
      sections.push(sectionOf(claim, result, flags));
      if (claim.fills) counted.push({ claim, result });
      return result.verdict;
    });
    return { sections, counted };
  }

  /** One claim, with the table of its rows; its missing environment ends the command. */
  async one(
    flags: CommonFlags,
    claim: Claim,
    configs: readonly string[],
    run: (context: Context) => Promise<ClaimResult> = (context) => claim.run(context),
  ): Promise<void> {
    const { progress, signal } = this.heard();
    const context = this.prepare(claim.command, flags, configs, { progress, signal })(claim.id);
    const sections: Section[] = [];
    await progress.each([claim], async () => {
      const result = await run(context);
      signal.throwIfAborted();
      sections.push(sectionOf(claim, result, flags));
      return result.verdict;
    });
    this.print({ ...flags, command: claim.command, sections }, flags, rowsOf);
  }

  /** The core alone. */
  async explore(flags: CommonFlags, configs: readonly string[]): Promise<void> {
    const context = this.prepare("explore", flags, configs, this.unheard());
    const section = await exploreSection(context("C2"));
    this.print({ ...flags, command: "explore", sections: [section] }, flags, rowsOf);
  }

  /** One thing that is looked at, and what there is to say of it. */
  async section(
    { command, id = command, sentence, alone = false, ...random }: Titled,
    flags: PostgresFlags & Pick<CommonFlags, "json" | "report">,
    look: (run: RunContext) => Promise<Section>,
  ): Promise<void> {
    if (flags.report !== undefined) prepareFolder(flags.report);
    const sections: Section[] = [];
    const looking = async (run: RunContext) => {
      sections.push(onSamePostgres(await look(run), flags));
      return sections[0]!.verdict;
    };
    await this.watched(id, sentence, looking, alone ? this.unheard() : this.heard());
    this.print({ command, ...random, sections }, flags, rowsOf);
  }

  /** Work with a progress line, which an interruption ends. */
  async watched(
    id: string,
    sentence: string,
    work: (run: RunContext) => Promise<Verdict>,
    { progress, signal } = this.heard(),
  ): Promise<void> {
    await progress.each([{ id, sentence }], async () => {
      const verdict = await work({
        signal,
        progress: (what, done, total) => progress.report(id, what, done, total),
      });
      signal.throwIfAborted();
      return verdict;
    });
  }

  /** Where Postgres is, by the flags or the environment. */
  source({ pg, pgVersion }: PostgresFlags): PgSource {
    return parsePgSource(pg, this.io.env, pgVersion);
  }

  /** The story of a name; without one, all names. */
  async explain(name: string | undefined, { json }: Pick<CommonFlags, "json">): Promise<void> {
    const human = json ? this.io.err : this.io.out;
    const width = Math.max(human.terminal?.columns ?? 0, NARROWEST);
    const progress = new PlainProgress(this.io.err.write);
    const context = {
      signal: this.listen(),
      progress: (what: string, done: number) => progress.report("explain", what, done),
    };
    const { text, data } = await explained(name, width, context);
    this.tell(text, data, json);
  }

  /** What a command says that judges nothing, to people and, where it is asked for, to programs. */
  tell(text: string, data: object, json: true | undefined): void {
    (json ? this.io.err : this.io.out).write(`${text}\n`);
    if (json) this.io.out.write(`${JSON.stringify(data)}\n`);
  }

  private heard(): Watching {
    return { progress: progressOn(this.io.err), signal: this.listen() };
  }

  /** An interruption ends the process, and leaves no time to tidy a terminal. */
  private unheard(): Watching {
    return { progress: new PlainProgress(this.io.err.write), signal: new AbortController().signal };
  }

  private listen(): AbortSignal {
    return (this.signal = this.io.interruption());
  }

  /**
   * Everything that can be wrong with the flags is said here, before anything runs; DATABASE_URL
   * is no matter of a command that needs no Postgres.
   */
  private prepare(
    command: string,
    { tier, seed = 1, shard, report, ...flags }: CommonFlags,
    configs: readonly string[],
    { progress, signal }: Watching,
  ): ContextOf {
    const pg = this.needs(command).includes("pg")
      ? this.source(flags)
      : ({ kind: "embedded" } as const);
    if (report !== undefined) prepareFolder(report);
    return (id) => ({
      tier,
      seed,
      shard,
      pg,
      configs,
      signal,
      progress: (what, done, total) => progress.report(id, what, done, total),
    });
  }

  private print(found: Report, flags: Pick<CommonFlags, "json" | "report">, table: Table): void {
    const sections = found.sections.map((section) => withKept(section, flags.report));
    const report = { ...found, sections };
    const human = flags.json ? this.io.err : this.io.out;
    human.write(`${heading(report)}\n${table(sections)}\n`);
    const details = detailsText(sections);
    if (details !== "") human.write(`\n${details}\n`);
    if (flags.report !== undefined) writeFolder(flags.report, report);
    if (flags.json) this.io.out.write(`${jsonLine(report)}\n`);
    this.code = exitCode(sections.map((section) => section.verdict));
  }
}
