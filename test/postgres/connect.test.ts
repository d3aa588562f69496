import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import {
  asUserError,
  connect,
  openPostgres,
  parsePgSource,
  type PostgresServer,
} from "../../src/postgres/server.js";

let server: PostgresServer;
let opened: Server[];

beforeAll(async () => {
  opened = [];
  server = await openPostgres({ kind: "embedded" });
});
afterAll(async () => {
  for (const each of opened) each.close();
  await server.stop();
});

/** The embedded server's address with something changed. */
function address(change: (url: URL) => void): string {
  const url = new URL(server.tcpUrl ?? "");
  change(url);
  return url.href;
}

async function listen(answer: (socket: Socket) => void): Promise<string> {
  const listener = createServer((socket) => {
    socket.on("error", () => undefined);
    answer(socket);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  opened.push(listener);
  return String((listener.address() as AddressInfo).port);
}

async function refusal(url: string): Promise<UserError> {
  const opening = openPostgres(parsePgSource(url, {}));
  const error: unknown = await opening.then(
    () => "it connected",
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("somebody else's server", () => {
  test("is used and not stopped", async () => {
    const theirs = await openPostgres(parsePgSource(server.tcpUrl, {}));
    expect(theirs).toMatchObject({ version: server.version });
    expect(theirs.description).toBe(`Postgres ${server.version} (--pg)`);
    await theirs.stop();
    const client = await connect(server);
    await client.end();
  });

  test.each<[string, (url: URL) => void, RegExp]>([
    [
      "a wrong password",
      (url) => {
        url.password = "s3cret";
      },
      /refuses the password of postgres/,
    ],
    [
      "no password",
      (url) => {
        url.password = "";
      },
      /asks for a password of postgres/,
    ],
    [
      "an unknown role",
      (url) => {
        url.username = "nobody_here";
      },
      /refuses the password of/,
    ],
    [
      "a missing database",
      (url) => {
        url.pathname = "/nowhere";
      },
      /has no database nowhere/,
    ],
    [
      "a port nobody listens at",
      (url) => {
        url.port = "1";
      },
      /Nothing listens at 127.0.0.1:1\./,
    ],
    [
      "a name nobody has",
      (url) => {
        url.hostname = "db.invalid";
      },
      /db.invalid is not known/,
    ],
    [
      "no such socket",
      (url) => {
        url.searchParams.set("host", "/nowhere");
      },
      /Nothing listens/,
    ],
    [
      "TLS it does not speak",
      (url) => {
        url.search = "?sslmode=verify-full";
      },
      /SSL/,
    ],
  ])("%s is one clear message without the password", async (_, change, message) => {
    const url = address(change);
    const error = await refusal(url);
    expect(error.message).toMatch(message);
    const { password } = new URL(url);
    if (password) expect(`${error.message} ${error.remedy}`).not.toContain(password);
  });

  test("that refuses a role, or has no connection left for it, says which", async () => {
    const as = (role: string) => server.url.replace("//postgres@", `//${role}@`);
    const unknown = await refusal(as("nobody_here"));
    expect(unknown.message).toMatch(/refuses user nobody_here: role .* does not exist\.$/);
    const client = await connect(server);
    await client.query("create role crowded login connection limit 0");
    await client.end();
    const crowded = await refusal(as("crowded"));
    expect(crowded.message).toMatch(/no connection left for crowded/);
  });

  test("with an address that makes no sense is not repeated", async () => {
    const error = await refusal("postgresql://me:s3cret@127.0.0.1:port/x");
    expect(error.message).toBe("The address of Postgres cannot be read.");
  });

  test.each<[string, (socket: Socket) => void]>([
    ["a web server", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a listener that hangs up", (socket) => socket.destroy()],
    ["a listener that stays silent", () => undefined],
  ])("%s is not taken for Postgres", async (_, answer) => {
    const port = await listen(answer);
    const error = await refusal(`postgresql://me@127.0.0.1:${port}/x?connect_timeout=1`);
    expect(error.message).toContain(`127.0.0.1:${port} does not answer as Postgres does`);
  });
});

describe("a connection that is lost", () => {
  const lost = { name: "UserError", message: "Postgres went away in the middle of the run." };

  test("while it is idle, is reported by the next query", async () => {
    const [client, other] = [await connect(server), await connect(server)];
    const { rows } = await client.query("select pg_backend_pid() as pid");
    const ended = new Promise((resolve) => client.once("end", resolve));
    await other.query("select pg_terminate_backend($1)", [rows[0].pid]);
    await ended;
    await expect(client.query("select 1")).rejects.toMatchObject(lost);
    await expect(client.query("select 1")).rejects.toMatchObject(lost);
    await other.end();
  });

  test("in the middle of a query, is reported by that query", async () => {
    const doomed = await openPostgres({ kind: "embedded" });
    const client = await connect(doomed);
    const query = client.query("select pg_sleep(60)");
    process.kill(doomed.pid as number, "SIGQUIT");
    await expect(query).rejects.toMatchObject(lost);
    await expect(client.query("select 1")).rejects.toMatchObject(lost);
    await doomed.stop();
  });

  test("leaves other errors as they are", async () => {
    const client = await connect(server);
    await expect(client.query("select 1 / 0")).rejects.toMatchObject({ code: "22012" });
    await client.end();
    await expect(client.query("select 1")).rejects.not.toBeInstanceOf(UserError);
    const plain = new Error("anything");
    expect(asUserError(plain)).toBe(plain);
  });
});

test("without Docker, --pg testcontainers says so", async ({ skip }) => {
  const docker = spawnSync("docker", ["info"], { stdio: "ignore" });
  if (docker.status === 0) skip("Docker is running here");
  const result = openPostgres(parsePgSource("testcontainers", {}));
  await expect(result).rejects.toBeInstanceOf(UserError);
  await expect(result).rejects.toHaveProperty("message", "No Docker is running here.");
});
