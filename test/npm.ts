/** A stand-in for npm that does what it is told, and an empty cache. */

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { UserError } from "../src/errors.js";
import { executable, temporary } from "./tlc/fixture.js";

export const platform = "linux-x64";

/** Where npm is told to install, and what it is asked for last, as its script knows them. */
const READ = 'for word; do [ "$last" = --prefix ] && dir=$word; last=$word; done; spec=$last';

export interface Stage {
  readonly env: NodeJS.ProcessEnv;
  readonly cache: string;
  /** The command lines of npm. */
  calls(): readonly string[];
}

/** An npm that runs these lines. */
export async function stage(...lines: readonly string[]): Promise<Stage> {
  const root = await temporary();
  const [bin, log] = [join(root, "bin"), join(root, "log")];
  await mkdir(bin);
  await writeFile(log, "");
  await executable(join(bin, "npm"), `echo "$@" >>'${log}'`, READ, ...lines);
  return {
    env: { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, "made", "on", "demand") },
    cache: join(root, "made", "on", "demand", "ringproof"),
    calls: () => readFileSync(log, "utf8").split("\n").slice(0, -1),
  };
}

export async function refusal(opening: Promise<unknown>): Promise<UserError> {
  const error: unknown = await opening.then(
    () => "it went well",
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}
