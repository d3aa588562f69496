/** Sessions that are in the way: each holds one lock that another session is about to take. */

import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { excludes, obstacleTo, type Holding, type Lock, type LockMode } from "./locks.js";
import type { Names, UniqueIndex } from "./names.js";

interface Blocker {
  readonly client: pg.Client;
  readonly pid: number;
}

const rowClauses: Readonly<Record<string, string>> = {
  ForKeyShare: "for key share",
  ForShare: "for share",
  ForNoKeyUpdate: "for no key update",
  ForUpdate: "for update",
};

/** `ShareRowExclusiveLock` as LOCK TABLE spells it. */
const spelled = (mode: LockMode): string =>
  mode.replace(/Lock$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, " ");

export class Blockers {
  private readonly server: PostgresServer;
  private readonly schema: string;
  private readonly names: Names;
  private readonly idle: Blocker[] = [];
  private readonly busy = new Map<number, Blocker>();
  /** A value that no row has. */
  private strange = 0;

  constructor(server: PostgresServer, schema: string, names: Names) {
    this.server = server;
    this.schema = schema;
    this.names = names;
  }

  get pids(): readonly number[] {
    return [...this.busy.keys()];
  }

  /** Whether somebody can be in the way of this lock, beside whoever holds those. */
  can(lock: Lock, held: Holding): boolean {
    return this.statement(lock, held) !== null;
  }

  /** The session that is in the way from now on. */
  async hold(lock: Lock, held: Holding): Promise<number> {
    const text = this.statement(lock, held)!;
    const blocker = this.idle.pop() ?? (await this.open());
    this.busy.set(blocker.pid, blocker);
    await blocker.client.query(`begin; ${text}`);
    return blocker.pid;
  }

  async letGo(pid: number): Promise<void> {
    const blocker = this.busy.get(pid)!;
    this.busy.delete(pid);
    await blocker.client.query("rollback");
    this.idle.push(blocker);
  }

  async letAllGo(): Promise<void> {
    await Promise.all(this.pids.map((pid) => this.letGo(pid)));
  }

  async close(): Promise<void> {
    const all = [...this.idle, ...this.busy.values()];
    await Promise.all(all.map(({ client }) => client.end()));
  }

  private async open(): Promise<Blocker> {
    const client = await connect(this.server);
    await client.query("set lock_timeout = '5s'; set session_replication_role = replica");
    const { rows } = await client.query("select pg_backend_pid() as pid");
    return { client, pid: rows[0].pid };
  }

  private statement({ on, mode, place }: Lock, held: Holding): string | null {
    const obstacle = obstacleTo(mode, held.modes(on));
    if (obstacle === undefined || place.kind === "gone") return null;
    // Postgres shows as unsigned what it takes as signed.
    if (place.kind === "advisory")
      return `select pg_advisory_xact_lock(${place.ids.map((id) => id | 0).join()})`;
    const relation = place.kind === "key" ? place.index.relation : place.relation;
    const { kind, name } = this.names.relation(relation)!;
    const table = this.names.sqlName(relation, this.schema);
    const beside = (other: LockMode) => !held.modes(name).some((m) => excludes(m, other));
    if (place.kind === "key")
      return beside("RowExclusiveLock") ? this.insertion(place.index, place.row) : null;
    if (place.kind === "row")
      return beside("RowShareLock")
        ? `select from only ${table} where ctid = '${place.at}' ${rowClauses[obstacle]}`
        : null;
    if (kind === "S") return `alter sequence ${table} cache 1`;
    if (kind !== "t") return `lock table only ${table} in ${spelled(obstacle)} mode`;
    return obstacle === "AccessShareLock" ? `select from ${table}` : null;
  }

  /** A row with this key, and with no other key of the table that the row has. */
  private insertion(index: UniqueIndex, row: object): string {
    const name = this.names.sqlName(index.relation, this.schema);
    const others = this.names
      .uniqueIndexes(index.relation)
      .flatMap(({ columns }) => columns)
      .filter((column) => !index.columns.includes(column));
    const changed = Object.fromEntries(others.map((column) => [column, --this.strange]));
    const text = JSON.stringify({ ...row, ...changed }).replaceAll("'", "''");
    return `insert into ${name} overriding system value
            select * from jsonb_populate_record(null::${name}, '${text}')`;
  }
}
