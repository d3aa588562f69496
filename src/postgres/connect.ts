import pg from "pg";
import { UserError } from "../errors.js";
import type { PgError } from "./pg-error.js";

const CONNECT_LIMIT_SECONDS = 10;
const LOST_CODES = new Set(["ECONNRESET", "EPIPE", "57P01", "57P02", "57P03", "08003", "08006"]);
const LOST_MESSAGE = /^Connection terminated|^Client has encountered a connection error/;

/** Whatever has a URL: a server opened here, or one somebody else runs. */
export interface Reachable {
  readonly url: string;
}

/** A connected client whose queries report a lost connection as a problem of the environment. */
export async function connect(server: Reachable): Promise<pg.Client> {
  const client = newClient(server.url);
  // Without a listener, losing an idle connection ends the process; the next query reports it.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw whyNotConnected(error as PgError, client);
  }
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const result = query(...args);
    return result instanceof Promise
      ? result.catch((error: unknown) => Promise.reject(asUserError(error)))
      : result;
  }) as typeof client.query;
  return client;
}

/** Maps the loss of a connection to a UserError and leaves every other error as it is. */
export function asUserError(error: unknown): Error {
  const { code = "", message } = error as PgError;
  if (error instanceof UserError) return error;
  if (!LOST_CODES.has(code) && !LOST_MESSAGE.test(message)) return error as Error;
  const remedy = "Look at the server's log; see that it has memory and disk left; run it again.";
  return new UserError("Postgres went away in the middle of the run.", remedy, { cause: error });
}

/** As in libpq, `connect_timeout` in the address is the limit in seconds. */
function newClient(url: string): pg.Client {
  const limit = Number(/[?&]connect_timeout=(\d+)/.exec(url)?.[1] ?? CONNECT_LIMIT_SECONDS);
  try {
    return new pg.Client({
      connectionString: url,
      application_name: "ringproof",
      connectionTimeoutMillis: limit * 1000,
    });
  } catch {
    throw new UserError(
      "The address of Postgres cannot be read.",
      "Write it as postgresql://user:password@host:port/database, special characters as %XX.",
    );
  }
}

/** Says where we tried to go from the client's own fields, so that no password can slip in. */
function whyNotConnected(error: PgError, { user, host, port, database }: pg.Client): UserError {
  const place = `${host}:${port}`;
  const problem = (message: string, remedy: string) =>
    new UserError(message, remedy, { cause: error });
  switch (error.code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return problem(`Nothing listens at ${place}.`, "Start Postgres, or correct host and port.");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return problem(`The host ${host} is not known.`, "Correct the host name.");
    case "28P01":
      return problem(`Postgres at ${place} refuses the password of ${user}.`, "Correct it.");
    case "28000":
      return problem(
        `Postgres at ${place} refuses user ${user}: ${error.message}.`,
        "Name a role that may log in, or allow it in pg_hba.conf.",
      );
    case "3D000":
      return problem(
        `Postgres at ${place} has no database ${database}.`,
        `Create it with: createdb ${database}, or name another one.`,
      );
    case "53300":
      return problem(
        `Postgres at ${place} has no connection left for ${user}: ${error.message}.`,
        "Close some, or raise max_connections or the role's connection limit.",
      );
  }
  if (error.message.startsWith("SASL") && /password must be/.test(error.message)) {
    return problem(`Postgres at ${place} asks for a password of ${user}.`, "Put it in the URL.");
  }
  if (/^Connection terminated|timeout/.test(error.message)) {
    return problem(
      `What listens at ${place} does not answer as Postgres does.`,
      "Correct host and port; see that no firewall is in between.",
    );
  }
  return problem(`Cannot connect to Postgres at ${place}: ${error.message}`, "Correct the URL.");
}
