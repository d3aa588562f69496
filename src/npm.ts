/**
 * Packages that do not come with us: each pinned to one version, fetched once, with the user's own
 * npm, into the cache. That what comes is what was published, npm sees to.
 */

import { execFile } from "node:child_process";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { besideCache, cacheFull, makeCache } from "./cache-folder.js";
import { UserError } from "./errors.js";

/** What is wanted of npm, and where it is kept. */
export interface Packages {
  /** As people call it. */
  readonly title: string;
  /** As in `name@version`. */
  readonly specs: readonly string[];
  /** What is kept, below the folder that npm installs into; empty: all of it. */
  readonly folder: string;
  /** Where that is kept: the name of a folder in the cache. */
  readonly name: string;
  /** What to do where it cannot be had. */
  readonly remedy: string;
  /** Whether a folder has all that it must have. */
  isWhole(folder: string): boolean;
  /** What is still to be done before it is put in its place. */
  finish?(folder: string): Promise<void>;
}

export interface NpmOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** As in `linux-x64`: this machine's unless given. */
  readonly platform?: string;
  readonly progress?: ((line: string) => void) | undefined;
}

const NPM_MS = 180_000;

/** Quiet, from its own cache where it can, and into the folder that is named and no other. */
const INSTALL = [
  ...["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"],
  ...["--no-engine-strict", "--install-strategy=hoisted", "--prefer-offline", "--loglevel=error"],
];

/**
 * The folder in the cache with all of it: it appears there whole, or not at all. A UserError says
 * why it cannot be had.
 */
export async function npmPackages(
  cache: string,
  wanted: Packages,
  { env = process.env, progress }: NpmOptions = {},
): Promise<string> {
  const kept = join(cache, wanted.name);
  if (wanted.isWhole(kept)) return kept;
  progress?.(`fetching ${wanted.title}: ${wanted.specs.join(" ")}`);
  makeCache(cache);
  await besideCache(cache, async (work, { signal }) => {
    const prefix = join(work, "npm");
    await mkdir(prefix);
    await install(wanted, { cwd: prefix, env, signal });
    const fetched = join(prefix, wanted.folder);
    if (!wanted.isWhole(fetched)) throw notFetched(wanted, "npm installed it without its programs");
    await wanted.finish?.(fetched);
    await place(fetched, kept, { aside: join(work, "incomplete"), isWhole: wanted.isWhole });
  });
  return kept;
}

const notFetched = ({ title, specs, remedy }: Packages, why: string): UserError =>
  new UserError(
    `${title} cannot be fetched (${specs.join(" ")}): ${why.replace(/\.$/, "")}.`,
    `See that npm works here. ${remedy}`,
  );

interface Placing extends Pick<Packages, "isWhole"> {
  readonly aside: string;
}

/** Whoever comes second uses what the first has put there; what is not whole makes room. */
async function place(fetched: string, kept: string, placing: Placing): Promise<void> {
  const taken = await rename(fetched, kept).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return true;
      throw error;
    },
  );
  if (!taken || placing.isWhole(kept)) return;
  await rename(kept, placing.aside);
  await place(fetched, kept, placing);
}

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Below the folder in which it works. */
function install(wanted: Packages, around: Surroundings): Promise<void> {
  const args = [...INSTALL, "--prefix", around.cwd, ...wanted.specs];
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
