/** What a configuration costs as it grows: to the explorer, to TLC, and to conform. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCleanup } from "../../src/cleanup.js";
import { onPostgres } from "../../src/postgres/server.js";
import { specDir } from "../explore/scope.js";
import { runTlc } from "../tlc/run.js";
import { findTools } from "../tlc/suite.js";
import type { Progressing } from "./bench.js";
import { TLC_WORKERS } from "./checks.js";
import { saidBy, withPeak } from "./memory.js";
import { GROWN_CFG, grownText, SEED_CFG, type Grown, type Size, type Ways } from "./sizes.js";

export interface Growth {
  readonly size: Size;
  readonly core: Grown;
  /** Of the explorer's process at its peak; null where nobody tells. */
  readonly bytes: number | null;
  /** Null where nobody asked. */
  readonly tlc: Pick<Grown, "states" | "seconds" | "whole"> | null;
}

export interface GrowthOptions extends Progressing {
  /** How long the explorer, TLC and conform take at most for each size, in seconds. */
  readonly limit: number;
  /** Nothing is asked of the others. */
  readonly explorerAlone?: boolean;
  readonly ways: Ways;
}

/** Who was cut off at a size is not asked about the next one of the same way. */
interface Asked {
  /** Whether it is asked. */
  tlc: boolean;
  /** Where conform works, while it is asked. */
  url: string | null;
}

export const nameOf = ({ jobs, lanes, slots }: Size): string =>
  `${counted(jobs, "job")}, ${counted(lanes, "lane")}, ${counted(slots, "slot")}`;

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

export function growth(options: GrowthOptions): Promise<readonly Growth[]> {
  if (options.explorerAlone) return along(options, null);
  return onPostgres({ kind: "embedded" }, ({ url }) => along(options, url));
}

/** Each way as far as the explorer comes. */
async function along(options: GrowthOptions, url: string | null): Promise<readonly Growth[]> {
  const { ways, signal, progress } = options;
  const done: Growth[] = [];
  for (const sizes of Object.values(ways)) {
    const asked: Asked = { tlc: url !== null, url };
    for (const size of sizes) {
      signal?.throwIfAborted();
      progress?.(nameOf(size), done.length);
      const grown = await grow(size, asked, options);
      done.push(grown);
      const { core, tlc } = grown;
      if (!core.whole) break;
      if (!tlc?.whole) asked.tlc = false;
      if (core.conformed?.walked !== core.conformed?.databases) asked.url = null;
    }
  }
  return done;
}

async function grow(size: Size, asked: Asked, options: GrowthOptions): Promise<Growth> {
  const cfg = await readFile(join(specDir(), SEED_CFG), "utf8");
  const dir = await mkdtemp(join(tmpdir(), "ringproof-growth-"));
  return withCleanup(
    () => rm(dir, { recursive: true, force: true }),
    async () => {
      await writeFile(join(dir, GROWN_CFG), grownText(cfg, size));
      const explorer = await explored(dir, asked.url, options);
      return { size, ...explorer, tlc: asked.tlc ? await checked(dir, options) : null };
    },
  );
}

async function explored(
  dir: string,
  url: string | null,
  { limit, signal }: GrowthOptions,
): Promise<Pick<Growth, "core" | "bytes">> {
  const args = [dir, String(limit), ...(url === null ? [] : [url])];
  const { result, bytes } = await withPeak((started) =>
    saidBy("grown.js", args, { started, signal }),
  );
  return { core: JSON.parse(result) as Grown, bytes };
}

async function checked(
  dir: string,
  { limit, signal }: GrowthOptions,
): Promise<NonNullable<Growth["tlc"]>> {
  const { jar, java } = await findTools({ progress: () => undefined });
  const { distinct, seconds, verdict } = await runTlc({
    jar: jar.path,
    java: java.path,
    specDir: specDir(),
    module: "MCSegmentedStorage",
    cfg: join(dir, GROWN_CFG),
    workers: TLC_WORKERS,
    coverage: false,
    timeoutSeconds: limit,
    ...(signal && { signal }),
  });
  return { states: distinct, seconds, whole: verdict === "holds" };
}
