/**
 * What the shipped classes take for a client of Postgres: each query is a call, in a session that
 * may be lost in it. The next one is made in a new session.
 */

import type { Queryable } from "../../src/postgres/caller.js";
import type { LostCalls } from "../trace/lost-calls.js";
import { Lost, Session, type Answer, type Surroundings } from "../trace/session.js";
import type { Role, Timetable } from "./timetable.js";

/** The function that a statement of the shipped classes calls. */
const CALLED = /"\.(\w+)\(/;

export class Connection {
  private session: Session;
  private readonly around: Surroundings;
  private readonly losing: readonly [Role, Timetable] | null;

  private constructor(
    session: Session,
    around: Surroundings,
    losing: readonly [Role, Timetable] | null,
  ) {
    this.session = session;
    this.around = around;
    this.losing = losing;
  }

  /** Without a role, only the end of the server loses a call of it. */
  static async open(
    around: Surroundings,
    losing: readonly [Role, Timetable] | null = null,
  ): Promise<Connection> {
    return new Connection(await Session.open(around), around, losing);
  }

  get client(): Queryable {
    return this as unknown as Queryable;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<Answer> {
    await this.refresh();
    const name = CALLED.exec(text)?.[1];
    const [role, timetable] = this.losing ?? [];
    const meant = (name !== undefined && timetable?.next(role!, name)) || null;
    try {
      const { session } = this;
      return await (meant ? session.call({ text, values }, meant) : session.ask({ text, values }));
    } catch (error) {
      if (error instanceof Lost) this.session = await Session.open(this.around);
      throw error;
    } finally {
      if (meant) timetable!.ended(meant);
    }
  }

  /** A session of a server that was killed is of no use. */
  private async refresh(): Promise<void> {
    while (this.session.isStale) this.session = await Session.open(this.around);
  }

  /** The lost calls of which the sessions have come to an end. */
  async ended<Call>(lost: LostCalls<Call>): Promise<readonly Call[]> {
    await this.refresh();
    return lost.ended(this.session);
  }

  /** Leaves without a word, and comes back as somebody else. */
  async leave(): Promise<void> {
    const { session } = this;
    this.session = await Session.open(this.around);
    await session.end();
  }

  close(): Promise<void> {
    return this.session.end();
  }
}
