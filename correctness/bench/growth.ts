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
import { GROWN_CFG, grownText, SEED_CFG, sizes, type Grown, type Size } from "./sizes.js";

export interface Growth {
  readonly size: Size;
  readonly core: Grown;
  /** Of the explorer's process at its peak; null where nobody tells. */
  readonly bytes: number | null;
  readonly tlc: Pick<Grown, "states" | "seconds" | "whole">;
}

export interface GrowthOptions extends Progressing {
  /** How long the explorer, TLC and conform take at most for each size, in seconds. */
  readonly limit: number;
  readonly sizes?: readonly Size[];
}

export const nameOf = ({ jobs, lanes, slots }: Size): string =>
  `${counted(jobs, "job")}, ${counted(lanes, "lane")}, ${counted(slots, "slot")}`;

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

export function growth(options: GrowthOptions): Promise<readonly Growth[]> {
  const { sizes: all = sizes, signal, progress } = options;
  return onPostgres({ kind: "embedded" }, async ({ url }) => {
    const cfg = await readFile(join(specDir(), SEED_CFG), "utf8");
    const done: Growth[] = [];
    for (const [i, size] of all.entries()) {
      signal?.throwIfAborted();
      progress?.(nameOf(size), i, all.length);
      const dir = await mkdtemp(join(tmpdir(), "ringproof-growth-"));
      const grow = async (): Promise<Growth> => {
        await writeFile(join(dir, GROWN_CFG), grownText(cfg, size));
        const { core, bytes } = await explored(dir, url, options);
        return { size, core, bytes, tlc: await checked(dir, options) };
      };
      done.push(await withCleanup(() => rm(dir, { recursive: true, force: true }), grow));
    }
    return done;
  });
}

async function explored(
  dir: string,
  url: string,
  { limit, signal }: GrowthOptions,
): Promise<Pick<Growth, "core" | "bytes">> {
  const { result, bytes } = await withPeak((started) =>
    saidBy("grown.js", [dir, String(limit), url], { started, signal }),
  );
  return { core: JSON.parse(result) as Grown, bytes };
}

async function checked(dir: string, { limit, signal }: GrowthOptions): Promise<Growth["tlc"]> {
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
