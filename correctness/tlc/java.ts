/** Finds a Java that can run TLC. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../src/errors.js";

export interface Java {
  readonly path: string;
  readonly version: string;
}

const OLDEST = 11;
const INSTALL =
  "Install a Java runtime, version 11 or later (for example Eclipse Temurin), " +
  "or point JAVA_HOME at one.";

/** JAVA_HOME comes first: who sets it means it, even when another Java is on the PATH. */
export async function findJava(opts: { env?: NodeJS.ProcessEnv } = {}): Promise<Java> {
  const env = opts.env ?? process.env;
  const path = env["JAVA_HOME"]
    ? await onlyIfExecutable(join(env["JAVA_HOME"], "bin", "java"))
    : await onPath("java", env);
  if (!path) {
    const where = env["JAVA_HOME"] ? `in JAVA_HOME (${env["JAVA_HOME"]})` : "on the PATH";
    throw new UserError(`TLC needs Java, and there is no executable java ${where}.`, INSTALL);
  }
  const version = await versionOf(path);
  const parts = version.split(".").map((part) => Number.parseInt(part, 10));
  const major = parts[0] === 1 ? parts[1]! : parts[0]!;
  if (!(major >= OLDEST)) {
    throw new UserError(`${path} is Java ${version}; TLC needs ${OLDEST} or later.`, INSTALL);
  }
  return { path, version };
}

/** Finds an executable on the PATH, as a shell would. */
export async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const dir of (env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    const path = await onlyIfExecutable(join(dir, name));
    if (path) return path;
  }
  return undefined;
}

async function onlyIfExecutable(path: string): Promise<string | undefined> {
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}

async function versionOf(path: string): Promise<string> {
  const printed = await promisify(execFile)(path, ["-version"], { timeout: 20_000 }).catch(
    (error: Error) => {
      throw new UserError(`${path} -version fails: ${error.message.trim()}.`, INSTALL);
    },
  );
  const version = /version "([^"]+)"/.exec(printed.stderr + printed.stdout)?.[1];
  if (!version) throw new UserError(`${path} -version does not print a version.`, INSTALL);
  return version;
}
