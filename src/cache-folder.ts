/** Where what is fetched on demand is kept: `ringproof` in $XDG_CACHE_HOME or ~/.cache. */

import { mkdtemp, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withCleanup } from "./cleanup.js";
import { UserError } from "./errors.js";
import { makeFolder } from "./make-folder.js";

export const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "ringproof");

export function makeCache(dir: string): void {
  try {
    makeFolder(dir);
  } catch (cause) {
    throw new UserError(`The cache ${dir} cannot be made.`, "Set XDG_CACHE_HOME.", { cause });
  }
}

export const cacheFull = (cause: unknown): UserError =>
  new UserError("The disk of the cache is full.", "Free some space or set XDG_CACHE_HOME.", {
    cause,
  });

/**
 * Work in a folder beside the final place, from which what is whole and checked is renamed into
 * the cache; the folder goes with the work, and `stop` ends whatever the work has started.
 */
export async function besideCache<T>(
  dir: string,
  body: (work: string, stop: AbortController) => Promise<T>,
): Promise<T> {
  const work = await mkdtemp(join(dir, "fetch-")).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOSPC") throw cacheFull(cause);
    const message = `The cache ${dir} cannot be written to: ${cause.message}.`;
    throw new UserError(message, "Set XDG_CACHE_HOME.", { cause });
  });
  const stop = new AbortController();
  return withCleanup(
    () => {
      stop.abort();
      return rm(work, { recursive: true, force: true, maxRetries: 5 });
    },
    () => body(work, stop),
  );
}
