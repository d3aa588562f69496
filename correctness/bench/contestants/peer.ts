/** Modules of the peers, which are installed in a folder of their own. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function importPeer<T>(folder: string, name: string): Promise<T> {
  const { resolve } = createRequire(join(folder, "package.json"));
  return (await import(pathToFileURL(resolve(name)).href)) as T;
}
