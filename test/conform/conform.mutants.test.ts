/** The walk of C3 on a small configuration: green as shipped, and red for each planted bug. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attempts, expect as expectedOf, presentable } from "../../correctness/conform/attempts.js";
import { Walker } from "../../correctness/conform/conform.js";
import type { Divergence } from "../../correctness/conform/divergence.js";
import { newTally } from "../../correctness/conform/tally.js";
import { databaseTree, pieces, type Node, type Piece } from "../../correctness/conform/tree.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";
import { formatCalls } from "../../correctness/report/calls.js";
import { diffDb, formatDiff } from "../../correctness/report/diff.js";
import {
  actions,
  step,
  wordsOf,
  type ActionName,
  type ActionTable,
  type Scope,
  storageMachine,
} from "../../src/core/index.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changes, type Change } from "./changes.js";
import { scope } from "./scope.js";

const treeOf = (of: Scope, symmetric = false): readonly Node[] =>
  databaseTree(explore(storageMachine(of, { symmetric }), { properties: [] }), of);

const nodes = treeOf(scope);

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

interface Walk {
  readonly amend?: string;
  readonly table?: ActionTable;
  readonly pieces?: readonly Piece[];
  readonly scope?: Scope;
}

/** Shallow enough to be short, deep enough for every planted bug. */
const near: Piece = { top: nodes[0]!, nodes: new Set(nodes.slice(0, 100)) };

let schemas = 0;

/** Walks these pieces of the tree, or up to the first divergence. */
async function walk({ pieces: cut = [near], table = actions, ...planted }: Walk) {
  const client = await connect(server);
  const schema = `ringproof_test_${++schemas}`;
  const tally = newTally();
  let found: Divergence | null = null;
  try {
    const walker = new Walker(client, { scope, ...planted, schema, tally });
    await walker.prepare();
    for (const piece of cut) found ??= await walker.walk(piece, { table });
    await uninstall(client, { schema });
  } finally {
    await client.end();
  }
  return { found, tally };
}

const rowsOf = ({ expected, db }: Divergence): string[] =>
  db ? formatDiff(diffDb(expected.state.db, db, scope)) : [];

const traceOf = ({ path }: Divergence): string => formatCalls(path).join(" → ");

/** The first word that the core expected, and that Postgres answered instead. */
const wordsFor = ({ expected, outcomes }: Divergence): string[][] => [
  expected.outcomes.flatMap(wordsOf),
  outcomes.flatMap(wordsOf),
];

test("as shipped: every call on every database, and every answer occurs", async () => {
  const { found, tally } = await walk({ pieces: pieces(nodes, 50) });
  expect(found).toBeNull();
  expect(tally.databases).toBe(nodes.length);
  expect(tally.checks).toBe(tally.enabled + tally.refused);
  expect(new Set(tally.results.keys())).toEqual(answers(nodes));
});

/** What the core answers to every call that a database can be tried with. */
function answers(tree: readonly Node[]): Set<string> {
  const told = tree.flatMap(({ state }) =>
    attempts(scope)
      .filter((attempt) => presentable(state, attempt))
      .flatMap((attempt) =>
        expectedOf(state, attempt, scope, actions)
          .outcomes.flatMap(wordsOf)
          .map((word) => `${attempt.action} ${word}`),
      ),
  );
  return new Set(told);
}

/** What is planted; the action that is named; the words, core then Postgres; the rows. */
type Case = readonly [
  change: Change,
  action: ActionName,
  core: readonly string[],
  postgres: readonly string[],
  rows: RegExp | null,
];

const cases: readonly Case[] = [
  [
    "prune_queue ignores receipts that nothing closes",
    "PruneQueue",
    ["skippedActive queueUnclosedClaimRefs"],
    ["pruned"],
    /- readyEntries {2}slot=0 lane=a seq=1 job=j1 lease=0/,
  ],
  [
    "claim hands out cancelled jobs",
    "Claim",
    ["empty"],
    ["claimed"],
    /\+ leaseClaims {2}slot=0 ready=0 lane=a seq=1 job=j1 lease=1 age=0/,
  ],
  [
    "complete_fast takes tokens that are over",
    "CompleteFast",
    ["stale"],
    ["completed"],
    /\+ receiptCompletionBatches {2}slot=0 job=j1 lease=1/,
  ],
  [
    "retry leaves the receipt open",
    "Retry",
    ["retried"],
    ["retried"],
    /^ {2}- leaseClaimClosures {2}slot=0 job=j1 lease=1 outcome=retried$/,
  ],
  [
    "discard leaves the receipt open",
    "DiscardTerminal",
    ["discarded"],
    ["discarded"],
    /^ {2}- leaseClaimClosures {2}slot=0 job=j1 lease=1 outcome=terminalRemoved$/,
  ],
  [
    "rotate does not look into the next slot",
    "RotateQueue",
    ["skippedBusy"],
    ["rotated"],
    /- rings {2}queue: cur=1 init=2\n {2}\+ rings {2}queue: cur=0 init=2/,
  ],
  [
    "retry_from_dlq loses the body",
    "RetryFromDlq",
    ["readmitted"],
    ["readmitted"],
    /\+ readyEntries {2}slot=0 lane=a seq=2 job=j1 with the body of null lease=1/,
  ],
  [
    "promote_deferred refuses an early job and moves it",
    "PromoteDeferred",
    ["notDue"],
    ["notDue"],
    /- deferredJobs {2}job=j1 lease=0 lane=a wait=1/,
  ],
  [
    "discard_terminal says notReady for notTerminal",
    "DiscardTerminal",
    ["notTerminal"],
    ["notReady"],
    null,
  ],
  [
    "retry_from_dlq starts at lease 0",
    "RetryFromDlq",
    ["readmitted"],
    ["readmitted"],
    /- readyEntries .* job=j1 lease=1 snoozes=0\n {2}\+ readyEntries .* job=j1 lease=0/,
  ],
  [
    "rescue takes what was claimed at the cutoff",
    "RescueStaleReceipts",
    ["noop"],
    ["rescued"],
    /\+ leaseClaimClosures {2}slot=0 job=j1 lease=1 outcome=rescued/,
  ],
];

describe.concurrent("planted in Postgres", () => {
  test.each(cases)("%s: %s", async (change, action, core, postgres, rows) => {
    const { found } = await walk({ amend: changes[change] });
    expect(found).not.toBeNull();
    expect(found!.attempt!.action).toBe(action);
    expect(wordsFor(found!)).toEqual([core, postgres]);
    if (rows) expect(rowsOf(found!).join("\n")).toMatch(rows);
    else expect(rowsOf(found!)).toEqual([]);
  });

  test("purge_dlq fails once it finds a dead job: the error has its SQLSTATE", async () => {
    const { found } = await walk({ amend: changes["purge_dlq fails once it finds a dead job"] });
    expect(found!.error).toBe("XX001 planted");
    expect(found!.attempt!.action).toBe("PurgeDlq");
    expect(found!.expected.outcomes).toEqual([{ result: "purged" }]);
    expect(traceOf(found!)).toMatch(/FailToDlq\(j1\/1\)$/);
  });

  test("claim fails: found where it is tried, before anything is built on it", async () => {
    const { found } = await walk({ amend: changes["claim fails"] });
    expect(found!.error).toBe("22012 division by zero");
    expect(traceOf(found!)).toBe("Enqueue(a, j1)");
  });
});

/** What is planted in the time of a row; the action that is named; the fault. */
const late: readonly (readonly [change: Change, action: ActionName, fault: RegExp])[] = [
  ["ready rows are dated back", "Enqueue", /row of readyEntries \(.*\) bears p_now - 1 s$/],
  ["dead jobs are dated ahead", "FailToDlq", /row of dlqEntries \(.*\) bears p_now \+ 86400 s$/],
  ["closures are late", "Retry", /row of leaseClaimClosures \(.*retried.*\) bears p_now \+ 1 s$/],
  ["completions are late", "CompleteFast", /receiptCompletionBatches .* p_now \+ 0.000001 s$/],
  ["cancelled jobs end at midnight", "CancelReady", /row of doneEntries .* bears p_now - 86400 s$/],
  ["removed facts are closed late", "DiscardTerminal", /leaseClaimClosures .* p_now \+ 1 s$/],
  ["retried jobs are due a second ago", "Retry", /row of deferredJobs .* bears p_now - 1 s$/],
];

describe.concurrent("the time of the call", () => {
  test.each(late)("%s: %s", async (change, action, fault) => {
    const { found } = await walk({ amend: changes[change] });
    expect(found!.attempt!.action).toBe(action);
    expect(found!.faults.join("\n")).toMatch(fault);
  });

  test("receipts are dated back: the ages differ", async () => {
    const { found } = await walk({ amend: changes["receipts are dated back"] });
    expect(found!.attempt!.action).toBe("Claim");
    expect(rowsOf(found!).join("\n")).toMatch(/\+ leaseClaims .* age=0.00027/);
  });
});

describe.concurrent("the cursor, on its configuration", async () => {
  const cursor = await readScope("cursor.cfg");
  const tree = treeOf(cursor, true);
  const hunt = (amend?: string) =>
    walk({ scope: cursor, pieces: pieces(tree, tree.length), ...(amend && { amend }) });

  test("as shipped", async () => {
    const { found, tally } = await hunt();
    expect(found).toBeNull();
    expect(tally.databases).toBe(tree.length);
  });

  test("the cursor takes the generation of the ring: no row of its lane is of that", async () => {
    const { found } = await hunt(changes["the cursor takes the generation of the ring"]);
    expect(found!.attempt!.action).toBe("AdvanceClaimCursor");
    expect(found!.faults.join("\n")).toMatch(
      /^lane a: cursor_generation (\d+) leads its own rows, of generation \d+ up to the cursor$/m,
    );
  });

  test("the cursor moves one too far: answer and rows differ", async () => {
    const { found } = await hunt(changes["the cursor moves one too far"]);
    const { attempt, outcomes, expected } = found!;
    expect(attempt!.action).toBe("AdvanceClaimCursor");
    expect(outcomes[0]!.cursor).toBe(expected.outcomes[0]!.cursor! + 1);
  });

  test("behind a moved cursor, claim begins one slot too late: after an advance", async () => {
    const { found } = await hunt(changes["behind a moved cursor, claim begins one slot too late"]);
    expect(found!.attempt!.action).toBe("Claim");
    expect(wordsFor(found!)).toEqual([["claimed"], ["empty"]]);
    expect(traceOf(found!)).toMatch(/AdvanceClaimCursor\(a\)$/);
  });
});

describe.concurrent("planted in the core", () => {
  test("discard closes no receipt: the rows that only Postgres has", async () => {
    const { DiscardTerminal } = actions;
    const table: ActionTable = {
      ...actions,
      DiscardTerminal: {
        ...DiscardTerminal,
        apply: (db, args, of) => {
          const done = DiscardTerminal.apply(db, args, of);
          return { ...done, db: { ...done.db, leaseClaimClosures: db.leaseClaimClosures } };
        },
      },
    };
    const { found } = await walk({ table });
    expect(found!.attempt!.action).toBe("DiscardTerminal");
    expect(rowsOf(found!).join("\n")).toMatch(/^ {2}\+ leaseClaimClosures .*terminalRemoved$/);
  });

  test("a refusal says noop for notDeferred: the answers differ, the rows do not", async () => {
    const { PromoteDeferred } = actions;
    const table: ActionTable = {
      ...actions,
      PromoteDeferred: {
        ...PromoteDeferred,
        refuse: (db, args, of) => {
          const refusal = PromoteDeferred.refuse(db, args, of);
          return refusal?.result === "notDeferred" ? { result: "noop" } : refusal;
        },
      },
    };
    const { found } = await walk({ table });
    expect(found!.attempt!.action).toBe("PromoteDeferred");
    expect(wordsFor(found!)).toEqual([["noop"], ["notDeferred"]]);
    expect(rowsOf(found!)).toEqual([]);
  });
});

test("a divergence can be seen again: path and call lead to what the core says", async () => {
  const amend = changes["prune_queue ignores receipts that nothing closes"];
  const { path, attempt, expected } = (await walk({ amend })).found!;
  const root = nodes[0]!.state;
  const here = path.reduce((state, call) => step(state, call, scope).state, root);
  const [args] = attempt!.list;
  const next = step(here, { action: "PruneQueue", args } as (typeof path)[number], scope);
  expect(next.outcome).toEqual(expected.outcomes[0]);
  expect(next.state.db).toEqual(expected.state.db);
});
