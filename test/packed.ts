/** The package as npm packs it, put where its users have it, with its dependencies beside it. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../src/package-root.js";

export interface Packed {
  /** The package's folder. */
  readonly root: string;
  /** What the archive holds. */
  readonly files: readonly string[];
}

interface Archive {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** An ES module project in `dir` that has the package, and these of our own packages. */
export function installPacked(dir: string, others: readonly string[] = []): Packed {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", dir];
  const text = execFileSync("npm", args, {
    cwd: packageRoot(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename, files }] = JSON.parse(text) as [Archive];
  const root = join(dir, "node_modules", "ringproof");
  mkdirSync(root, { recursive: true });
  execFileSync("tar", ["-xzf", join(dir, filename), "-C", root, "--strip-components=1"]);
  writeFileSync(join(dir, "package.json"), `{ "type": "module" }\n`);
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of new Set([...Object.keys(dependencies), ...others])) {
    const at = join(dir, "node_modules", name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(join(packageRoot(), "node_modules", name), at);
  }
  return { root, files: files.map(({ path }) => path) };
}
