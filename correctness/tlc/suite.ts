/** The suite: which configurations a tier runs, and TLC's run of each, made once per process. */

import { join } from "node:path";
import { specDir } from "../explore/scope.js";
import { UserError } from "../../src/errors.js";
import { tiers, type Context, type RunContext, type Tier } from "../claims.js";
import { shardOf } from "../shard.js";
import { GraphSink, type TlcGraph } from "./graph-sink.js";
import { findJar, type Jar } from "./jar.js";
import { findJava, type Java } from "./java.js";
import { readManifest, type ExpectHolds, type ManifestEntry } from "./manifest.js";
import { didYouMean } from "./nearest.js";
import type { TlcResult } from "./outcome.js";
import { runTlc, type TlcOptions } from "./run.js";

export const manifestFile = (): string => join(specDir(), "manifest.json");

/** The entries that a run is about: those named, or all up to its tier; its shard of them. */
export async function selectEntries(context: Context): Promise<ManifestEntry[]> {
  return shardOf(await namedEntries(context), context.shard);
}

/** The same in all shards together. */
export async function namedEntries({ configs: named, tier }: Context): Promise<ManifestEntry[]> {
  const all = await readManifest(manifestFile());
  const unknown = named.find((name) => !all.some((e) => e.name === name));
  if (unknown !== undefined)
    throw new UserError(
      `There is no configuration named ${unknown}.`,
      whatThereIs(
        unknown,
        all.map((e) => e.name),
      ),
    );
  return all.filter((e) => (named.length > 0 ? named.includes(e.name) : upTo(tier)(e)));
}

/** Each tier runs what the tiers before it run. */
export const upTo =
  (tier: Tier) =>
  (entry: ManifestEntry): boolean =>
    tiers.indexOf(entry.tier) <= tiers.indexOf(tier);

const whatThereIs = (unknown: string, all: readonly string[]): string =>
  `${didYouMean(unknown, all)}List them all with: npx ringproof configs.`;

export const positive = (e: ManifestEntry): e is ManifestEntry & { expect: ExpectHolds } =>
  e.expect.verdict === "holds";

/** Up to this many states the whole graph is compared, beyond it the counts. */
export const wholeGraphLimit: Readonly<Record<Tier, number>> = {
  quick: 20_000,
  full: 200_000,
  nightly: 200_000,
};

/** Two runs side by side with one worker each: depth and traces are exact with one worker. */
export const RUNS_AT_ONCE = 2;

export interface SuiteRun {
  readonly result: TlcResult;
  /** Only for configurations that hold. */
  readonly graph: TlcGraph | null;
}

/** Up to this many states a run takes seconds. */
const SHORT = 30_000;

export interface Tools {
  readonly jar: Jar;
  readonly java: Java;
}

/** By the JAVA_HOME that was searched. */
const found = new Map<string | undefined, Promise<Tools>>();

/** Java and the jar, looked for once; what the search says goes to the progress line. */
export function findTools(context: Pick<Context, "progress">): Promise<Tools> {
  const home = process.env["JAVA_HOME"];
  const progress = (line: string) => context.progress(line, 0);
  const tools =
    found.get(home) ??
    findJava().then(async (java) => ({ java, jar: await findJar({ progress }) }));
  found.set(home, tools);
  return tools;
}

/** One run of TLC on one entry. */
export async function runEntry(
  entry: ManifestEntry,
  context: RunContext,
  options: Partial<TlcOptions>,
): Promise<TlcResult> {
  const { jar, java } = await findTools(context);
  return runTlc({
    jar: jar.path,
    java: java.path,
    specDir: specDir(),
    module: entry.module,
    short: entry.expect.verdict === "violated" || entry.expect.distinct <= SHORT,
    cfg: join(specDir(), entry.cfg),
    signal: context.signal,
    onProgress: ({ distinct }) => context.progress(`TLC ${entry.name}`, distinct),
    ...options,
  });
}

const runs = new Map<string, Promise<SuiteRun>>();

/** TLC's run of one entry, with its graph where it is expected to hold. */
export function suiteRun(entry: ManifestEntry, context: Context): Promise<SuiteRun> {
  const known = runs.get(entry.name);
  if (known) return known;
  const run = start(entry, context);
  runs.set(entry.name, run);
  return run;
}

async function start(entry: ManifestEntry, context: Context): Promise<SuiteRun> {
  const { expect } = entry;
  const texts = expect.verdict === "holds" && expect.distinct <= wholeGraphLimit[context.tier];
  const sink = expect.verdict === "holds" ? new GraphSink(texts) : null;
  const result = await runEntry(entry, context, {
    coverage: false,
    ...(sink ? { dump: sink } : {}),
  });
  return { result, graph: sink && result.verdict === "holds" ? sink.finish() : null };
}

/** Runs `task` on every item, at most `limit` at a time; results in the items' order. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await task(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
