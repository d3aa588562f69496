/** The directory of an embedded Postgres, and the user that it belongs to. */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../errors.js";
import type { RunAs } from "./binaries.js";
import type { Settings } from "./embedded.js";

const run = promisify(execFile);
const LONGEST_TMPDIR = 60;
const LEAST_SHARED_MEMORY = 2 * 1024 ** 3;
export const REMEDY = "Use a Postgres of your own: --pg <url>, or --pg testcontainers.";

/** Postgres refuses to run as root; rather than create a user, borrow one that is there. */
export async function unprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string, name: string) => Number((await run("id", [flag, name])).stdout);
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: await id("-u", name), gid: await id("-g", name) };
    } catch {
      // No such user: try the next one.
    }
  }
  const message = "Postgres refuses to run as root, and there is no user postgres or nobody.";
  throw new UserError(message, `Run as another user. ${REMEDY}`);
}

/**
 * Where the user can go and the path of a socket still fits: in memory for a cluster that need not
 * survive, unless TMPDIR says where to go; then under TMPDIR, or else in /tmp.
 */
export async function temporaryName(user: RunAs, settings: Settings): Promise<string> {
  const inMemory = settings["fsync"] === "off" && !process.env["TMPDIR"];
  const wished = [...(inMemory ? ["/dev/shm"] : []), tmpdir(), "/tmp"];
  let parent = "/tmp";
  for (const place of wished.reverse()) if (await suits(place, user)) parent = place;
  return join(parent, `ringproof-pg-${randomBytes(6).toString("hex")}`);
}

export function makePrivate(directory: string, user: RunAs): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    give(directory, user);
  } catch (cause) {
    const message = `No temporary directory for Postgres: ${(cause as Error).message}`;
    throw new UserError(message, "Set TMPDIR to a directory you can write to.", { cause });
  }
}

const suits = async (place: string, user: RunAs): Promise<boolean> =>
  place.length <= LONGEST_TMPDIR && (await hasRoom(place)) && (await canEnter(place, user));

/** A container may have very little shared memory. */
async function hasRoom(place: string): Promise<boolean> {
  const free = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return free >= (place === "/dev/shm" ? LEAST_SHARED_MEMORY : 0);
}

async function canEnter(directory: string, user: RunAs): Promise<boolean> {
  const entering = run("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { ...user, cwd: "/" });
  return entering.then(
    () => true,
    () => false,
  );
}

export function give(path: string, { uid, gid }: RunAs): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
