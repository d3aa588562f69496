import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findJar, PINNED, type JarSource } from "../../correctness/tlc/jar.js";
import { findJava } from "../../correctness/tlc/java.js";
import { executable, temporary } from "./fixture.js";

const JAR = Buffer.from("the bytes of a jar");
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");
const ARTIFACT = "org.example:tools:2.0";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tla2tools.jar`;
}

const release = (at: string): JarSource => ({
  from: "github",
  version: "1.0",
  sha256: sha256(JAR),
  at,
});
const artifact: JarSource = { from: "maven", version: "2.0", sha256: sha256(JAR), at: ARTIFACT };

/** A PATH with one program on it, which is a shell script. */
async function pathWith(program: string, script: string): Promise<NodeJS.ProcessEnv> {
  const bin = await temporary();
  await executable(join(bin, program), script);
  return { PATH: bin };
}

/** Stands in for Maven: puts `content` where -DoutputDirectory says. */
const maven = (content: string) =>
  pathWith(
    "mvn",
    `for a; do case $a in -DoutputDirectory=*) d=\${a#*=};; esac; done
printf %s '${content}' > "$d/tools-2.0.jar"`,
  );

describe("findJar", () => {
  test("downloads the release, keeps it, and finds it again", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.end(JAR);
    });
    const cacheDir = join(await temporary(), "made", "on", "demand");
    const options = { env: {}, cacheDir, releases: [release(url)] };
    const first = await findJar(options);
    expect(first).toMatchObject({ source: "github", version: "1.0", sha256: sha256(JAR) });
    expect(await findJar(options)).toEqual({ ...first, source: "cache" });
    expect(requests).toBe(1);
    expect(await readdir(cacheDir)).toHaveLength(1);
  });

  test("refuses a download with another hash, and keeps nothing", async () => {
    const url = await serve((_, response) => response.end("something else"));
    const cacheDir = await temporary();
    const releases = [release(url), artifact];
    await expect(findJar({ env: {}, cacheDir, releases })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(`${sha256("something else")}, expected ${sha256(JAR)}`),
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ["answers 404", (_, response) => response.writeHead(404).end()],
    ["never answers", () => undefined],
    [
      "hangs up in the middle",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("some", () => response.destroy());
      },
    ],
  ])("turns to Maven when the release %s", async (_, listener) => {
    const cacheDir = await temporary();
    const releases = [release(await serve(listener)), artifact];
    const started = performance.now();
    const jar = await findJar({ env: await maven(JAR.toString()), cacheDir, releases });
    expect(jar).toMatchObject({ source: "maven", version: "2.0" });
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(await readdir(cacheDir)).toHaveLength(1);
  });

  test("refuses what Maven brings with another hash", async () => {
    const cacheDir = await temporary();
    await expect(
      findJar({ env: await maven("forged"), cacheDir, releases: [artifact] }),
    ).rejects.toThrow(`${sha256("forged")}, expected ${sha256(JAR)}`);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test("says why nothing could be fetched", async () => {
    const cacheDir = await temporary();
    const releases = [release("http://127.0.0.1:1/x"), artifact];
    const env = await pathWith("mvn", "echo '[ERROR] no such artifact'; exit 1");
    await expect(findJar({ env, cacheDir, releases })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(/127\.0\.0\.1:1.*; .*: no such artifact\.$/),
    });
    await expect(findJar({ env: {}, cacheDir, releases })).rejects.toThrow(/no mvn on the PATH/);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test("removes a corrupted jar from the cache, says so, and fetches it again", async () => {
    const url = await serve((_, response) => response.end(JAR));
    const options = { env: {}, cacheDir: await temporary(), releases: [release(url)] };
    const { path } = await findJar(options);
    await writeFile(path, "rotten");
    const said: string[] = [];
    const again = await findJar({ ...options, progress: (line) => said.push(line) });
    expect(again).toMatchObject({ path, source: "github" });
    expect(said[0]).toMatch(`${sha256("rotten")}, expected ${sha256(JAR)}`);
  });

  test("TLA2TOOLS_JAR comes first, and must be one of the pinned jars too", async () => {
    const path = join(await temporary(), "mine.jar");
    const env = { TLA2TOOLS_JAR: path };
    await expect(findJar({ env })).rejects.toThrow(/names no file/);
    await writeFile(path, JAR);
    expect(await findJar({ env, releases: [artifact] })).toMatchObject({
      path,
      version: "2.0",
      source: "environment",
    });
    await expect(findJar({ env })).rejects.toThrow(
      `${sha256(JAR)}, expected ${PINNED[0]!.sha256} or ${PINNED[1]!.sha256}`,
    );
  });

  test("uses XDG_CACHE_HOME", async () => {
    const url = await serve((_, response) => response.end(JAR));
    const home = await temporary();
    const jar = await findJar({ env: { XDG_CACHE_HOME: home }, releases: [release(url)] });
    expect(jar.path.startsWith(join(home, "ringproof"))).toBe(true);
  });
});

describe("findJava", () => {
  const says = (version: string) => `echo 'openjdk version "${version}"' >&2`;

  test.each(["11.0.2", "17", "21-ea", "25.0.1"])("takes Java %s from the PATH", async (version) => {
    const env = await pathWith("java", says(version));
    expect(await findJava({ env })).toEqual({ path: join(env["PATH"]!, "java"), version });
  });

  test.each(["1.8.0_392", "10.0.1"])("refuses Java %s, says what to install", async (version) => {
    await expect(findJava({ env: await pathWith("java", says(version)) })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(`is Java ${version}; TLC needs 11 or later.`),
      remedy: expect.stringContaining("Install a Java runtime, version 11 or later"),
    });
  });

  test("prefers JAVA_HOME, and says so when there is no Java in it", async () => {
    const home = await temporary();
    const env = { ...(await pathWith("java", says("17"))), JAVA_HOME: home };
    await expect(findJava({ env })).rejects.toThrow(`no executable java in JAVA_HOME (${home}).`);
    await mkdir(join(home, "bin"));
    await executable(join(home, "bin", "java"), says("21"));
    expect(await findJava({ env })).toEqual({ path: join(home, "bin", "java"), version: "21" });
  });

  test("says what to install when there is none", async () => {
    await expect(findJava({ env: { PATH: "" } })).rejects.toThrow(
      /no executable java on the PATH\.$/,
    );
  });
});
