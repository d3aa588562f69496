/**
 * TLC's word on a history, from TraceStorage.tla: the calls as data of a module that is written for
 * them. TLC looks for an order on its own; all that it shares with the check of this folder is
 * which calls overlap, and which of them may have met a lock.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCleanup } from "../../src/cleanup.js";
import { columns, type TableName, type Token } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import type { RunContext } from "../claims.js";
import { specDir } from "../explore/scope.js";
import { runTlc } from "../tlc/run.js";
import { findTools } from "../tlc/suite.js";
import { formatValue } from "../tlc/trace.js";
import type { Tla, TlaRecord } from "../tlc/values.js";
import { keysOf, sameKeyOf, scopeOf } from "./scope.js";
import type { Cells, Change, Event, Header, History } from "./history.js";
import { endOf, Intervals, linesOf } from "./intervals.js";
import { attemptsIn, jobsOf, Meetings } from "./meetings.js";
import { isTable } from "./rows.js";

const MODULE = "TraceHistory";
/** So many calls are some thousand states for TLC, or some ten thousand. */
const LONGEST = 400;
/** Of a point in time that does not come. */
const NEVER = -1_000_000;

const record = (fields: Readonly<Record<string, Tla>>): TlaRecord => ({ rec: fields });
const set = (values: readonly Tla[]): Tla => ({ set: [...values] });
const sequence = (values: readonly Tla[]): Tla => [...values];
/** With the names as its domain, which may be empty. */
const byName = (entries: readonly (readonly [string, Tla])[]): Tla =>
  entries.length === 0 ? [] : record(Object.fromEntries(entries));

const token = ({ job, lease }: Token): Tla => record({ job, lease });
const tokens = (list: readonly Token[]): Tla => set(list.map(token));

/** A batch has an order, and so have the tokens of a call. */
function argument(value: unknown): Tla {
  if (Array.isArray(value)) return sequence(value.map(argument));
  return typeof value === "object" ? token(value as Token) : (value as Tla);
}

const argumentsOf = ({ args }: Event): Tla =>
  byName(
    Object.entries(args)
      .filter(([name]) => name !== "keys")
      .map(([name, value]) => [name, argument(value)]),
  );

function told({ outcome }: Event): Tla {
  if (!outcome) return record({ result: "unknown" });
  const { tokens: handed, which, each, jobs, ...rest } = outcome;
  return record({
    ...(rest as Readonly<Record<string, Tla>>),
    ...(each && { each: sequence(each) }),
    ...(jobs && { jobs: sequence(jobs) }),
    ...(handed && { tokens: tokens(handed) }),
    ...(which && { which: set(which) }),
  });
}

function rowsOf(changes: readonly Change[], kind: "put" | "drop"): Tla {
  const rows = changes.flatMap(({ table, [kind]: cells }) =>
    cells && isTable(table) ? [record({ table, row: rowValue(table, cells) })] : [],
  );
  return set(rows);
}

const rowValue = (table: TableName, cells: Cells): Tla =>
  record(Object.fromEntries(columns[table].map((name, i) => [name, cells[i] ?? NEVER])));

/** The last of the changes of one cursor. */
function moves(changes: readonly Change[], table: string, value: (cells: Cells) => Tla): Tla {
  const found = changes.filter((change) => change.table === table && change.put);
  return byName([...new Map(found.map(({ put }) => [String(put![0]), value(put!)]))]);
}

interface Written {
  readonly meetings: Meetings;
  readonly lines: readonly (readonly Event[])[];
  /** Of each event in the sequence, from 1. */
  readonly places: ReadonlyMap<Event, number>;
}

function eventValue(event: Event, { meetings, lines, places }: Written): Tla {
  const { action, tick, changes = [], outcome } = event;
  const cleared = changes.flatMap(({ table, clear }) =>
    clear === undefined ? [] : [record({ table, slot: clear })],
  );
  const second = (cells: Cells): Tla => cells[1] as number;
  const ring = ([, cur, init]: Cells): Tla => record({ cur: cur as number, init: init as number });
  return record({
    action,
    args: argumentsOf(event),
    tick,
    behind: set(behind(event, lines, places)),
    told: told(event),
    turned: meetings.turnedAway(event) ?? "",
    locked: set(meetings.lockable(event).map(tokens)),
    chosen: tokens(outcome ? (outcome.tokens ?? []) : attemptsIn("leaseClaimClosures", event)),
    pins: byName([...meetings.pins(event)]),
    tails: set(meetings.tails(event)),
    held: set(meetings.holders(event).map((job) => record({ job }))),
    quiet: changes.length === 0,
    put: rowsOf(changes, "put"),
    drop: rowsOf(changes, "drop"),
    clear: set(cleared),
    rings: moves(changes, "rings", ring),
    next: moves(changes, "laneNext", second),
    cursor: moves(changes, "laneCursor", second),
  });
}

/** The last call of each line that had ended before this one began. */
const behind = (event: Event, lines: Written["lines"], places: Written["places"]): number[] =>
  lines.flatMap((line) => {
    const last = line.findLast((other) => endOf(other) < event.call);
    return last ? [places.get(last)!] : [];
  });

/** What did not commit did nothing, but may have been in the way. */
function moduleText({ header, events: all }: History, events: readonly Event[]): string {
  const written: Written = {
    meetings: new Meetings(header, events, new Intervals(linesOf(all))),
    lines: linesOf(events),
    places: new Map(events.map((event, i) => [event, i + 1])),
  };
  const values = events.map((event) => formatValue(eventValue(event, written)));
  return `---- MODULE ${MODULE} ----
EXTENDS TraceStorage

History == <<
${values.join(",\n")}>>
====
`;
}

function cfgText(header: Header, events: readonly Event[]): string {
  const scope = scopeOf(header);
  const actions = [...new Set(events.map(({ action }) => action))];
  const keys = keysOf(events);
  const sameKey = sameKeyOf(keys.keys(), keys);
  const constants: Readonly<Record<string, Tla>> = {
    Jobs: set([...new Set(events.flatMap(jobsOf))]),
    Lanes: set(header.lanes),
    QueueSlots: scope.queueSlots,
    ClaimSlots: scope.claimSlots,
    LeaseSlots: scope.leaseSlots,
    Leases: set([1]),
    MaxBatch: 1,
    MaxWait: 0,
    Deadlines: set([99]),
    CallbackWait: scope.callbackWait,
    StaleAfter: scope.staleAfter,
    MaxAttempts: scope.maxAttempts,
    FailedFloor: scope.failedFloor,
    SameKey: set(sameKey.map(set)),
    MaxSeq: 1,
    Enabled: set([...actions, "PassTime"]),
  };
  const lines = Object.entries(constants).map(
    ([name, value]) => `  ${name} = ${formatValue(value)}`,
  );
  return `SPECIFICATION Spec
CONSTANTS
${lines.join("\n")}
  Events <- History
INVARIANT NotExplained
CHECK_DEADLOCK FALSE
`;
}

/** Whether TLC finds an order that explains all calls; only of short histories. */
export async function explainedByTlc(history: History, context: RunContext): Promise<boolean> {
  const { header, events } = history;
  const committed = events.filter(({ commit }) => commit !== null);
  if (committed.length > LONGEST) {
    const message = `The history has ${committed.length} calls, too many for TLC.`;
    throw new UserError(message, `Record at most ${LONGEST}, or leave out --tlc.`);
  }
  const { jar, java } = await findTools(context);
  const dir = mkdtempSync(join(tmpdir(), "ringproof-history-"));
  const result = await withCleanup(
    () => rmSync(dir, { recursive: true, force: true }),
    async () => {
      const text = moduleText(history, committed);
      await writeFile(join(dir, `${MODULE}.tla`), text);
      await writeFile(join(dir, "history.cfg"), cfgText(header, committed));
      return runTlc({
        jar: jar.path,
        java: java.path,
        specDir: dir,
        libraries: [specDir()],
        module: MODULE,
        cfg: join(dir, "history.cfg"),
        short: true,
        coverage: false,
        signal: context.signal,
        onProgress: ({ distinct }) => context.progress("TLC", distinct),
      });
    },
  );
  if (result.verdict === "holds") return false;
  if (result.violated?.name === "NotExplained") return true;
  throw new Error(`TLC did not finish the history: ${result.messages.join("\n")}`);
}
