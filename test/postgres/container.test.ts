import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, parsePgSource } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const source = parsePgSource("testcontainers", process.env);
const image = source.kind === "testcontainers" ? source.image : "";
const run = promisify(execFile);
const now = new Date("2026-01-01T00:00:00Z");

async function docker(...args: string[]): Promise<string[]> {
  const { stdout } = await run("docker", args, { timeout: 10_000 });
  return stdout.split("\n").filter((line) => line !== "");
}

const works = (...args: string[]) =>
  docker(...args).then(
    () => true,
    () => false,
  );
const dockerAnswers = await works("info");
const imageIsHere = dockerAnswers && (await works("image", "inspect", image));
const skipped = !dockerAnswers
  ? "no Docker answers here"
  : `there is no image ${image} here; RINGPROOF_PG_IMAGE names another one`;

/** By the name of the image, which need not exist. */
async function containersOf(name: string): Promise<string[]> {
  const lines = await docker("ps", "--all", "--no-trunc", "--format", "{{.Image}} {{.ID}}");
  return lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.split(" ")[1] ?? ""] : []));
}

const volumes = () => docker("volume", "ls", "--quiet");

/** The reaper would be one more image to pull, and here nothing is to be left for it. */
beforeEach(() => void vi.stubEnv("TESTCONTAINERS_RYUK_DISABLED", "true"));
afterEach(() => vi.unstubAllEnvs());

async function refusal(opening: Promise<unknown>): Promise<UserError> {
  const error: unknown = await opening.then(
    () => "it started",
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a Postgres in a container", () => {
  let before: { containers: string[]; volumes: string[] };

  const present = async () => ({
    containers: await containersOf(image),
    volumes: await volumes(),
  });

  beforeEach(async ({ skip }) => {
    if (!imageIsHere) skip(skipped);
    before = await present();
  });

  test("runs a job from enqueue to complete, and leaves nothing behind", async () => {
    const server = await openPostgres({ kind: "testcontainers", image });
    expect(server.description).toBe(`Postgres ${server.version} (testcontainers)`);
    expect(await containersOf(image)).toHaveLength(before.containers.length + 1);

    const client = await connect(server);
    const { rows } = await client.query("select current_setting('autovacuum') as autovacuum");
    expect(rows).toEqual([{ autovacuum: "off" }]);
    await install(client, { schema: "contained" });
    const storage = new PostgresStorage(client, { schema: "contained" });
    const lane = await storage.ensureLane("mail", 0, 0);
    const [jobId] = await storage.enqueue(lane, [{ to: "ada" }], now, now);
    const claimed = await storage.claim(lane, 1, now);
    expect(claimed).toMatchObject([{ jobId, payload: { to: "ada" } }]);
    expect(await storage.completeFast(claimed, now)).toEqual(["completed"]);
    expect(await storage.jobs()).toMatchObject([{ jobId, state: "completed" }]);
    await client.end();

    await Promise.all([server.stop(), server.stop()]);
    expect(await present()).toEqual(before);
  });

  test("that refuses a setting says which, and leaves nothing behind", async () => {
    const settings = { no_such_setting: "1" };
    const error = await refusal(openPostgres({ kind: "testcontainers", image }, { settings }));
    expect(error.message).toMatch(/did not start: .*no_such_setting/);
    expect(error.remedy).toContain(`docker run --rm -e POSTGRES_PASSWORD=secret ${image}`);
    expect(await present()).toEqual(before);
  });

  test.each(["running", "starting"])("Ctrl-C while it is %s leaves nothing", async (moment) => {
    const server = join(packageRoot(), "dist", "src", "postgres", "server.js");
    const program = `
      import { openPostgres } from ${JSON.stringify(server)};
      await openPostgres({ kind: "testcontainers", image: ${JSON.stringify(image)} });
      console.log("running");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    if (moment === "running") await once(createInterface(child.stdout), "line");
    const there = async () => (await containersOf(image)).length > before.containers.length;
    while (child.exitCode === null && !(await there())) await sleep(20);
    child.kill("SIGINT");
    expect(await exit).toEqual([130, null]);
    expect(await present()).toEqual(before);
  });
});

test("an image that does not exist is one clear message, and nothing is left", async ({ skip }) => {
  if (!dockerAnswers) skip(skipped);
  // No registry listens there, so that no name has to be looked up.
  const missing = "localhost:1/no-such-image:none";
  const error = await refusal(openPostgres({ kind: "testcontainers", image: missing }));
  expect(error.message).toContain(`The container ${missing} did not start: `);
  expect(error.remedy).toContain("RINGPROOF_PG_IMAGE");
  expect(await containersOf(missing)).toEqual([]);
});
