/**
 * Calls that are made at once, query by query: each waits before its next one until it is let go,
 * and then comes to the next after that, to its end, or to a lock that somebody else holds.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import type { Outcome } from "../../src/memory/index.js";
import type { Situation } from "./storage.js";
import { wrapped } from "./wrapped.js";

type Call = (client: Situation["client"]) => Promise<Outcome>;

/** So long without a sign of life, and a session is asked whether it waits for a lock. */
const PATIENCE_MS = 3;
/** Deadlocks are found by then, and a call that does nothing else is given up. */
const LIMIT_MS = 5_000;

/** One that makes a call. */
export class Session {
  readonly index: number;
  readonly pid: number;
  readonly real: pg.Client;
  /** What it is about to send; null while it is on its way, and at its end. */
  at: string | null = null;
  /** Whether somebody let it go, and it has come nowhere yet. */
  moving = false;
  waitsFor: readonly number[] = [];
  outcome: Outcome | Error | null = null;
  private readonly client: Situation["client"];
  private open: () => void = () => undefined;
  private arrive: () => void = () => undefined;
  arrival: Promise<void> = Promise.resolve();

  private constructor(index: number, pid: number, real: pg.Client) {
    this.index = index;
    this.pid = pid;
    this.real = real;
    this.client = wrapped(real, async (text, send) => {
      await this.gate(text);
      return send();
    });
  }

  static async open(server: PostgresServer, index: number): Promise<Session> {
    const real = await connect(server);
    await real.query("set deadlock_timeout = '20ms'");
    const { rows } = await real.query<{ pid: number }>("select pg_backend_pid() as pid");
    return new Session(index, rows[0]!.pid, real);
  }

  /** Comes to the first query of the call. */
  begin(call: Call): Promise<void> {
    this.outcome = null;
    this.waitsFor = [];
    this.go();
    call(this.client)
      .catch((error: unknown) => error as Error)
      .then((outcome) => {
        this.outcome = outcome;
        this.stop();
      });
    return this.arrival;
  }

  get enabled(): boolean {
    return !this.moving && this.outcome === null;
  }

  /** Sends what it is about to send. */
  release(): void {
    const { open } = this;
    this.go();
    open();
  }

  private go(): void {
    this.moving = true;
    this.at = null;
    this.arrival = new Promise((resolve) => (this.arrive = resolve));
  }

  private gate(text: string): Promise<void> {
    const gate = new Promise<void>((resolve) => (this.open = resolve));
    this.at = text;
    this.stop();
    return gate;
  }

  private stop(): void {
    this.moving = false;
    this.waitsFor = [];
    this.arrive();
  }
}

/** Lets the session go, until everybody stands somewhere or waits for somebody who does. */
export async function step(
  session: Session,
  all: readonly Session[],
  controller: pg.Client,
): Promise<void> {
  session.release();
  const began = performance.now();
  for (;;) {
    const running = all.filter((s) => s.moving);
    if (running.length === 0) return;
    const arrivals = Promise.all(running.map((s) => s.arrival));
    const patience = new AbortController();
    const { signal } = patience;
    const late = sleep(PATIENCE_MS, undefined, { signal }).catch(() => undefined);
    await Promise.race([arrivals, late]);
    patience.abort();
    await look(running, all, controller);
    const moving = all.filter((s) => s.moving);
    const canEnd = (s: Session) => s.waitsFor.some((other) => all[other]!.enabled);
    if (moving.every(canEnd)) return;
    if (performance.now() - began > LIMIT_MS) return;
  }
}

/** Whom each of them waits for. */
async function look(
  running: readonly Session[],
  all: readonly Session[],
  controller: pg.Client,
): Promise<void> {
  const still = running.filter((s) => s.moving);
  if (still.length === 0) return;
  const { rows } = await controller.query<{ pid: number; by: readonly number[] }>(
    "select pid, pg_blocking_pids(pid) as by from unnest($1::int[]) as p (pid)",
    [still.map(({ pid }) => pid)],
  );
  for (const { pid, by } of rows) {
    const session = still.find((s) => s.pid === pid)!;
    if (session.moving)
      session.waitsFor = all.filter((s) => by.includes(s.pid)).map(({ index }) => index);
  }
}

/** Ends the calls that will not end by themselves. */
export async function giveUp(all: readonly Session[], controller: pg.Client): Promise<void> {
  while (all.some((s) => s.outcome === null)) {
    const stuck = all.filter((s) => s.moving).map(({ pid }) => pid);
    await controller.query("select pg_cancel_backend(pid) from unnest($1::int[]) pid", [stuck]);
    for (const session of all.filter((s) => s.enabled)) session.release();
    await sleep(PATIENCE_MS);
  }
}
