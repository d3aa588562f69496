// Steps two sessions through every interleaving of their breakpoints and counts the outcomes.
//   node dist/correctness/spike/breakpoints.js [--all]     (--all prints every schedule)
// Completes and rescues one token, with the decision in the locking statement and after it;
// claims into a slot that is pruned meanwhile, with and without reading the ring again.

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { claim, complete, encodings, enqueue } from "./encodings.js";
import type { Encoding } from "./encodings.js";
import { install, withPostgres } from "./server.js";

interface Scenario {
  readonly name: string;
  readonly sessions: Readonly<Record<string, readonly string[]>>;
  /** Finishes the first receipt during setup, so that its slot may be pruned. */
  readonly finished?: boolean;
  /** What the tables must not say afterwards; one row each. */
  readonly wrong: string;
}

const ends = (name: string, fused: boolean): Scenario => ({
  name,
  sessions: {
    C: [`select complete(${fused})`, "commit"],
    R: [`select rescue(${fused})`, "commit"],
  },
  wrong: `select 'both ended the token' from lease_claim_closures
           where exists (select from receipt_completion_batches)`,
});

const lands = (name: string, reread: boolean): Scenario => ({
  name,
  sessions: {
    C: [`select append_claim(${reread})`, "commit"],
    M: ["select rotate_claims()", "commit and chain", "select prune_claims()", "commit"],
  },
  finished: true,
  wrong: `select 'receipt in a pruned slot' from lease_claims_0 where receipt_seq = 2
            and not exists (select from lease_claims_0 where receipt_seq = 1)`,
});

const scenarios = [
  ends("complete x rescue, lock and decide in one statement", true),
  ends("complete x rescue, lock first, then look", false),
  lands("claim x rotate, prune; slot read once", false),
  lands("claim x rotate, prune; slot read again after the first insert", true),
];

interface Session {
  readonly name: string;
  readonly client: pg.Client;
  readonly pid: number;
  readonly gate: number;
  todo: readonly string[];
  turn: 0 | 1;
  state: "idle" | "running" | "paused" | "blocked" | "done";
  label: string;
  readonly results: string[];
}

interface Choice {
  readonly picked: number;
  readonly enabled: readonly number[];
}
interface Run {
  readonly steps: readonly string[];
  readonly outcome: string;
}

async function begin(scenario: Scenario, clients: readonly pg.Client[]): Promise<Session[]> {
  const entries = Object.entries(scenario.sessions);
  return Promise.all(
    clients.map(async (client, i) => {
      const [name, todo] = entries[i]!;
      const { rows } = await client.query(
        "select pg_backend_pid() as pid, set_config('spike.turn', '0', false)",
      );
      const session: Session = {
        name,
        client,
        pid: rows[0].pid,
        gate: i * 2,
        todo,
        turn: 0,
        state: "idle",
        label: "",
        results: [],
      };
      await client.query(`set spike.session = ${i}; begin`);
      client.removeAllListeners("notice").on("notice", ({ message }) => {
        session.label = message ?? "";
      });
      return session;
    }),
  );
}

/** Lets a session run to its next breakpoint, to a real lock, or to the end of its statement. */
async function advance(session: Session, controller: pg.Client): Promise<string> {
  if (session.state === "paused") {
    const label = session.label;
    const gate = session.gate + session.turn;
    session.turn = session.turn === 0 ? 1 : 0;
    session.state = "running";
    await controller.query("select pg_advisory_unlock($1)", [gate]);
    return label;
  }
  const [statement = "", ...rest] = session.todo;
  session.todo = rest;
  session.state = "running";
  void session.client
    .query({ text: statement, rowMode: "array" })
    .then(
      ({ rows }) => {
        if (rows.length > 0) session.results.push(String(rows[0]?.[0]));
      },
      () => {
        session.results.push("refused");
      },
    )
    .then(() => {
      session.state = rest.length > 0 ? "idle" : "done";
    });
  return statement.replace(/^select (\w+)\(.*/, "$1");
}

/** Waits for a pass over the sessions that finds none running and that changes nothing. */
async function settle(sessions: readonly Session[], controller: pg.Client): Promise<void> {
  const {
    rows: [self],
  } = await controller.query("select pg_backend_pid() as pid");
  for (let before = ""; ;) {
    for (const session of sessions) {
      if (session.state !== "running" && session.state !== "blocked") continue;
      const { rows } = await controller.query("select pg_blocking_pids($1) as pids", [session.pid]);
      const pids = rows[0].pids as number[];
      if (session.state !== "running" && session.state !== "blocked") continue;
      if (pids.includes(self.pid)) session.state = "paused";
      else session.state = pids.length > 0 ? "blocked" : "running";
    }
    const after = sessions.map(({ state }) => state).join();
    if (after === before && !after.includes("running")) return;
    before = after;
    await sleep(0);
  }
}

async function play(
  scenario: Scenario,
  clients: readonly pg.Client[],
  controller: pg.Client,
  prefix: number[],
): Promise<Run & { choices: Choice[] }> {
  await controller.query("select pg_advisory_lock(gate) from generate_series(0, 3) gate");
  const sessions = await begin(scenario, clients);
  const choices: Choice[] = [];
  const steps: string[] = [];
  for (;;) {
    const enabled = sessions.flatMap(({ state }, i) =>
      state === "idle" || state === "paused" ? [i] : [],
    );
    if (enabled.length === 0) break;
    const picked = prefix[choices.length] ?? enabled[0]!;
    choices.push({ picked, enabled });
    const session = sessions[picked]!;
    const gate = session.state === "paused" ? session.gate + session.turn : undefined;
    const step = await advance(session, controller);
    await settle(sessions, controller);
    if (gate !== undefined) await controller.query("select pg_advisory_lock($1)", [gate]);
    steps.push(`${session.name} ${step}${session.state === "blocked" ? " (waits)" : ""}`);
  }
  await controller.query("select pg_advisory_unlock_all()");
  const { rows } = await controller.query({ text: scenario.wrong, rowMode: "array" });
  const results = sessions.map(({ name, results }) => `${name}: ${results.join(", ")}`);
  const wrong = rows.flat().map((what) => `WRONG: ${what}`);
  return { choices, steps, outcome: [...results, ...wrong].join("; ") };
}

async function reset(client: pg.Client, encoding: Encoding, finished: boolean): Promise<void> {
  for (const table of [
    "ready_entries",
    "attempt_evidence",
    "lease_claims",
    "lease_claim_closures",
    "receipt_completion_batches",
  ])
    await client.query(`delete from ${table}`);
  await client.query(`update claim_ring set current_slot = 0, generation = 0;
    select setval('enqueue_head_1', 1, false), setval('claim_cursor_1', 1, false)`);
  await enqueue(client, 1, 2);
  const tokens = await claim(client, { ...encoding, ring: false }, 1, 1);
  if (finished) await complete(client, encoding, tokens);
}

/** Depth first: replays a prefix, then takes the next untried branch of its last open choice. */
async function explore(
  scenario: Scenario,
  encoding: Encoding,
  clients: readonly pg.Client[],
  controller: pg.Client,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let prefix: number[] | undefined = []; prefix;) {
    await reset(controller, encoding, scenario.finished ?? false);
    const run: Run & { choices: Choice[] } = await play(scenario, clients, controller, prefix);
    runs.push(run);
    prefix = undefined;
    for (let i = run.choices.length - 1; i >= 0 && !prefix; i -= 1) {
      const { picked, enabled } = run.choices[i]!;
      const next = enabled.find((other) => other > picked);
      if (next !== undefined) prefix = [...run.choices.slice(0, i).map((c) => c.picked), next];
    }
  }
  return runs;
}

function report(scenario: Scenario, runs: readonly Run[]): void {
  console.log(`\n${scenario.name}: ${runs.length} schedules`);
  for (const outcome of new Set(runs.map((run) => run.outcome))) {
    const same = runs.filter((run) => run.outcome === outcome);
    console.log(`  ${String(same.length).padStart(4)} x ${outcome}`);
    const shown = process.argv.includes("--all") ? same : same.slice(0, 1);
    for (const { steps } of shown) console.log(`         ${steps.join(" | ")}`);
  }
}

const encoding = encodings.find(({ name }) => name === "row_per_batch")!;
await withPostgres({ autovacuum: "off" }, async (connect) => {
  await install(await connect(), "races", [...encoding.files, "breakpoints.sql"]);
  const controller = await connect("races");
  const clients = [await connect("races"), await connect("races")];
  for (const scenario of scenarios) {
    report(scenario, await explore(scenario, encoding, clients, controller));
  }
});
