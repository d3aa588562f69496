/**
 * Plans of LockOrder as bare statements on Postgres, step by step beside the core: who gets what it
 * asks for, who waits, and who goes on when somebody ends. Two that wait for each other end a run.
 */

import type pg from "pg";
import type { LockState, LockStep, Plan } from "../../src/core/machines/lock-rules.js";
import { elements, isRowMode, sequence } from "../../src/core/machines/lock-rules.js";
import { lockOrder } from "../../src/core/machines/lock-order.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

export const plan = (...steps: readonly LockStep[]): Plan => ({ op: "", steps: sequence(steps) });

const phrase = (mode: string): string =>
  mode.replace(/Lock$/, "").replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`);

/** The statement that takes this lock; rows and keys are in tables that nobody locks. */
function statement({ on, mode, policy }: LockStep): string {
  const how = { wait: "", nowait: " nowait", skip: " skip locked" }[policy];
  const key = on.split("#")[1];
  if (mode === "Advisory") return `select pg_advisory_xact_lock(${key})`;
  if (mode === "UniqueKey")
    return `insert into bench.keys values ('${key}') on conflict do nothing`;
  if (isRowMode(mode)) return `select from bench.rows where key = '${key}' ${phrase(mode)}${how}`;
  return `lock table bench.${on} in ${phrase(mode)} mode${how}`;
}

/** What the core says of an action of one transaction: the state after it, or null. */
function after(state: LockState, action: string, t: number): LockState | null {
  const constants = { Size: 0, Plans: {} };
  const { state: next } = lockOrder.actions[action]!.step(state, { t }, constants);
  return next === state ? null : next;
}

const waits = (state: LockState, t: number): boolean => elements(state.queue).includes(t);
const deadlocked = (state: LockState): boolean =>
  !lockOrder.invariants["NoDeadlock"]!.holds(state, { Size: 0, Plans: {} });

interface Session {
  readonly client: pg.Client;
  readonly pid: number;
  /** Its statement, until that is over; what came of it. */
  running: Promise<void> | null;
  said: string;
}

export class Bench {
  private readonly controller: pg.Client;
  private readonly sessions: readonly Session[];

  private constructor(controller: pg.Client, sessions: readonly Session[]) {
    this.controller = controller;
    this.sessions = sessions;
  }

  static async open(server: PostgresServer, size: number): Promise<Bench> {
    const controller = await connect(server);
    await controller.query(
      `create schema bench; create table bench.t (); create table bench.u ();
       create table bench.keys (key text primary key);
       create table bench.rows as select * from (values ('a'), ('b')) r (key)`,
    );
    const sessions: Session[] = [];
    for (let i = 0; i < size; i++) {
      const client = await connect(server);
      const { rows } = await client.query("select pg_backend_pid() as pid");
      await client.query("set deadlock_timeout = '60s'");
      sessions.push({ client, pid: rows[0].pid, running: null, said: "" });
    }
    return new Bench(controller, sessions);
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.map(({ client }) => client.end()));
    await this.controller.query("drop schema bench cascade");
    await this.controller.end();
  }

  /**
   * Plays these plans; `choose` says whose turn it is, of those who do not wait. Returns where the
   * two differ, or null.
   */
  async play(
    plans: readonly Plan[],
    choose: (able: readonly number[]) => number,
  ): Promise<string | null> {
    let state: LockState = {
      plans: sequence(plans),
      at: sequence(plans.map(() => 1)),
      held: [],
      queue: {},
      finished: [],
    };
    const done: string[] = [];
    try {
      for (const { client } of this.sessions) await client.query("begin");
      for (;;) {
        const able = plans
          .map((_, i) => i + 1)
          .filter((t) => !state.finished.includes(t) && !waits(state, t));
        if (able.length === 0 || deadlocked(state)) return null;
        const t = choose(able);
        const turn = await this.turn(state, t);
        done.push(`${t} ${turn.said}`);
        if (turn.next === null) return [...done, "and the core does not"].join(", ");
        state = turn.next;
        const wrong = deadlocked(state) ? null : this.differs(state);
        if (wrong) return [...done, wrong].join(", ");
      }
    } finally {
      await this.end();
    }
  }

  /** One step of one transaction in Postgres; and the state in which the core does the same. */
  private async turn(state: LockState, t: number) {
    const steps = elements(state.plans[t]!.steps);
    const step = steps[state.at[t]! - 1];
    const session = this.sessions[t - 1]!;
    if (!step || step.mode === "Release") {
      this.run(session, step ? "rollback to given_back" : "rollback");
      await this.settle();
      const next = after(state, step ? "GiveBack" : "Finish", t);
      return { said: step ? "gives back" : "ends", next: next && this.wokenUp(next) };
    }
    const back = steps.some((s) => s.on === step.on && s.mode === "Release");
    this.run(session, `${back ? "savepoint given_back;" : ""} ${statement(step)}`);
    await this.settle();
    const what = session.running ? "waits" : session.said;
    const action = { waits: "Wait", "55P03": "GiveUp", "0": "PassOver" }[what] ?? "Lock";
    const said = `${action} ${step.on} ${step.mode}`;
    const next = after(state, action, t);
    // A circle that Postgres sees at once is an error at once.
    if (next === null && what === "40P01") return { said, next: after(state, "Wait", t) };
    return { said, next };
  }

  private run(session: Session, text: string): void {
    session.said = "";
    session.running = session.client.query(text).then(
      (result) => {
        const last = [result].flat().at(-1)!;
        session.said = last.command === "SELECT" ? String(last.rowCount) : "done";
        session.running = null;
      },
      (error: { code: string }) => {
        session.said = error.code;
        session.running = null;
      },
    );
  }

  /** Until nobody runs who does not wait for another one. */
  private async settle(): Promise<void> {
    for (;;) {
      const running = this.sessions.filter((s) => s.running);
      if (running.length === 0) return;
      const { rows } = await this.controller.query<{ blocked: boolean }>(
        `select cardinality(pg_blocking_pids(pid)) > 0 as blocked from unnest($1::int[]) pid`,
        [running.map(({ pid }) => pid)],
      );
      if (rows.every(({ blocked }) => blocked) && running.every((s) => s.running)) return;
    }
  }

  /** The state once those who wait for rows and keys have woken up as they did in Postgres. */
  private wokenUp(state: LockState): LockState {
    for (const t of elements(state.queue)) {
      const next = this.sessions[t - 1]!.running ? null : after(state, "WakeUp", t);
      if (next) return this.wokenUp(next);
    }
    return state;
  }

  /** Who waits in one and not in the other. */
  private differs(state: LockState): string | null {
    for (const [i, { running }] of this.sessions.entries()) {
      const [there, here] = [running !== null, waits(state, i + 1)];
      if (there !== here) return `${i + 1} waits in ${there ? "Postgres" : "the core"} only`;
    }
    const late = elements(state.queue).find((t) => after(state, "WakeUp", t));
    return late === undefined ? null : `${late} wakes up in the core only`;
  }

  private async end(): Promise<void> {
    for (const { pid, running } of this.sessions)
      if (running) await this.controller.query("select pg_cancel_backend($1)", [pid]);
    await Promise.all(this.sessions.map(({ running }) => running));
    await Promise.all(this.sessions.map(({ client }) => client.query("rollback")));
  }
}
