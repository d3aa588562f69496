import { withCleanup } from "../cleanup.js";
import { connect } from "./connect.js";
import { startContainer } from "./container.js";
import { startEmbedded, type Settings } from "./embedded.js";
import { nativeOf } from "./fetched.js";
import type { PgSource } from "./source.js";
import { checkVersion } from "./versions.js";

export { asUserError, connect } from "./connect.js";
export { parsePgSource, type PgSource } from "./source.js";
export type { Settings } from "./embedded.js";

export interface PostgresServer {
  /** The fastest way in. */
  readonly url: string;
  /** As in "18.4". */
  readonly version: string;
  readonly description: string;
  /** Embedded only: where the Unix socket is. */
  readonly socketDir?: string;
  /** Embedded only: the way in for tools that cannot use the socket. */
  readonly tcpUrl?: string;
  /** Embedded only: the server process. */
  readonly pid?: number;
  /** Embedded only: kills the server, and starts it again at the same address on the same data. */
  crash?(): Promise<void>;
  /** Stops what was started here; somebody else's server is left alone. */
  stop(): Promise<void>;
}

export interface OpenOptions {
  /** For a server that is started here. */
  readonly settings?: Settings;
  /** Told what is fetched first, if anything is. */
  readonly progress?: (line: string) => void;
}

/** Fast, quiet and forgetful; autovacuum's locks would show up in lock recordings. */
export const testSettings: Settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  jit: "off",
  shared_buffers: "128MB",
  max_connections: "50",
  // Whoever reads pg_locks goes through every process that there might be.
  max_wal_senders: "0",
  max_worker_processes: "0",
  // Kept in the data directory, so that a server that was killed leaves nothing elsewhere.
  dynamic_shared_memory_type: "mmap",
};

/** As Postgres comes: for figures about WAL and durability. */
export const durableSettings: Settings = {};

type Opened = Omit<PostgresServer, "version" | "description">;

export async function openPostgres(
  source: PgSource,
  { settings = testSettings, progress }: OpenOptions = {},
): Promise<PostgresServer> {
  const opened = await open(source, settings, progress);
  try {
    const version = await supportedVersion(opened, source.version);
    const origin = source.kind === "url" ? source.from : source.kind;
    const description = `Postgres ${version} (${origin})`;
    return Object.assign(opened, { version, description });
  } catch (error) {
    await opened.stop();
    throw error;
  }
}

/** On a server that is open already, or on one that is opened for this and stopped after it. */
export async function onPostgres<T>(
  source: PgSource | PostgresServer,
  use: (server: PostgresServer) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  if (!("kind" in source)) return use(source);
  const server = await openPostgres(source, options);
  return withCleanup(
    () => server.stop(),
    () => use(server),
  );
}

async function open(
  source: PgSource,
  settings: Settings,
  progress: OpenOptions["progress"],
): Promise<Opened> {
  switch (source.kind) {
    case "embedded":
      return startEmbedded(settings, await nativeOf(source.version, { progress }));
    case "testcontainers":
      return startContainer(source.image, settings);
    case "url":
      return { url: source.url, stop: async () => undefined };
  }
}

async function supportedVersion(server: Opened, wanted?: number): Promise<string> {
  const client = await connect(server);
  try {
    const { rows } = await client.query("show server_version");
    return checkVersion(String(rows[0].server_version), wanted);
  } finally {
    await client.end();
  }
}
