/**
 * A session in which calls are made, one transaction each: it begins, and may say which event it
 * is; the operation is called, and it is committed. Where it was meant to, the call is lost.
 */

import type { Socket } from "node:net";
import type pg from "pg";
import { UserError } from "../../src/errors.js";
import type { Statement } from "../../src/postgres/statements.js";
import type { Row } from "../../src/postgres/twin.js";
import type { FaultKind, Faults, Meant } from "./faults.js";
import type { Outages } from "./outages.js";

/** A call that was lost as it was meant to be, or because the server was killed. */
export class Lost extends Error {
  readonly kind: FaultKind;
  /** In which it was made. */
  readonly session: Session;

  constructor(what: string, kind: FaultKind, session: Session) {
    super(what);
    this.kind = kind;
    this.session = session;
  }
}

export interface Surroundings {
  readonly outages: Outages;
  readonly faults: Faults;
  /** Kills the server; returns when it is there again. */
  readonly kill: () => Promise<void>;
}

export type Answer = pg.QueryResult<Row>;

/** A process id comes back, in the course of hours. */
interface Identity {
  readonly pid: number;
  readonly since: string;
}

const IDENTITY = `select pid, backend_start::text as since from pg_stat_activity
  where pid = pg_backend_pid()`;
const PRESENT = "select from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz";

/** No call of a healthy storage waits that long. */
const PATIENCE = "30s";
const AT = /^fault at (.*)$/;

export class Session {
  private readonly client: pg.Client;
  private readonly around: Surroundings;
  /** How many outages there were before it. */
  private readonly after: number;
  private readonly identity: Identity;
  private meant: Meant | null = null;
  /** The label at which its call is being lost. */
  private at: string | null = null;

  private constructor(client: pg.Client, around: Surroundings, after: number, who: Identity) {
    this.client = client;
    this.around = around;
    this.after = after;
    this.identity = who;
    client.on("notice", ({ message = "" }) => this.said(message));
  }

  static open(around: Surroundings): Promise<Session> {
    return around.outages.connect(async (client, after) => {
      await client.query(`set statement_timeout = '${PATIENCE}'`);
      if (around.faults.kinds.includes("kill")) await client.query("set synchronous_commit = on");
      const { rows } = await client.query<Identity>(IDENTITY);
      return new Session(client, around, after, rows[0]!);
    });
  }

  /** Whether its server was killed. */
  get isStale(): boolean {
    return this.after < this.around.outages.count;
  }

  /** What is answered; `mark` is SQL that stands at the beginning of the transaction. */
  async call(statement: Statement, meant: Meant | null, mark = ""): Promise<Answer> {
    this.meant = meant;
    try {
      await this.client.query(`begin${mark}${told(meant)}`);
      const answer = await this.send(statement);
      await this.commit(meant?.kind);
      return answer;
    } catch (error) {
      throw this.whyLost(error);
    }
  }

  /** What is answered to a call that only the end of the server is to lose. */
  async ask(statement: Statement): Promise<Answer> {
    this.meant = null;
    try {
      return await this.send(statement);
    } catch (error) {
      throw this.whyLost(error);
    }
  }

  private send({ text, values }: Statement): Promise<Answer> {
    return this.client.query<Row>(text, [...values]);
  }

  private async commit(kind: Meant["kind"] | undefined): Promise<void> {
    if (kind === "cutBefore") this.cut("cut before COMMIT", kind);
    const committed = this.client.query("commit");
    if (kind === "cutAfter") {
      committed.catch(() => undefined);
      this.cut("cut after COMMIT", kind);
    }
    await committed;
  }

  /** What was sent is sent; nothing is read any more. */
  private cut(what: string, kind: "cutBefore" | "cutAfter"): never {
    const { connection } = this.client as unknown as { connection: { stream: Socket } };
    connection.stream.destroySoon();
    this.around.faults.count(kind);
    throw new Lost(what, kind, this);
  }

  private said(message: string): void {
    const [, label = null] = AT.exec(message) ?? [];
    const { meant, around } = this;
    if (label === null || !meant || !("labels" in meant)) return;
    this.at = label;
    around.faults.reached(meant.kind, label);
    if (meant.kind === "kill") void around.kill().catch(() => undefined);
  }

  private whyLost(error: unknown): unknown {
    if (!(error instanceof UserError)) return error;
    const at = this.at === null ? "" : ` at ${this.at}`;
    if (this.isStale) return new Lost(`server killed${at}`, "kill", this);
    if (this.at === null) return error;
    this.around.faults.count("terminate");
    return new Lost(`terminated${at}`, "terminate", this);
  }

  /** Whether another one has not ended, as far as this one knows. */
  async sees(other: Session): Promise<boolean> {
    if (other.after < this.after) return false;
    const { pid, since } = other.identity;
    try {
      return (await this.client.query(PRESENT, [pid, since])).rowCount! > 0;
    } catch (error) {
      if (this.isStale) return true;
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

/** What fault() reads, until the end of the transaction. */
const told = (meant: Meant | null): string =>
  meant && "labels" in meant
    ? `; select set_config('trace.fault', '${[meant.kind, ...meant.labels].join(" ")}', true)`
    : "";
