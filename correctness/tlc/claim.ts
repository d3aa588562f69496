/** C1: TLC reproduces the manifest: verdicts, distinct states, depth, edges, shortest traces. */

import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Claim, ClaimResult, Context, Finding, Row } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { actionOf, modelled } from "../explore/model.js";
import { readCfg } from "../explore/scope.js";
import type { Cfg } from "./cfg.js";
import type { DotSink } from "./dot.js";
import { compareWithManifest, type ManifestEntry } from "./manifest.js";
import type { TlcResult } from "./outcome.js";
import { runEntry, inParallel, positive, RUNS_AT_ONCE, selectEntries, suiteRun } from "./suite.js";
import { formatTrace, type Lasso } from "./trace.js";

interface Checked {
  readonly row: Row;
  readonly findings: readonly Finding[];
  readonly result: TlcResult;
  readonly counts?: Counts;
}

async function check(entry: ManifestEntry, context: Context): Promise<Checked> {
  const { result, graph } = await suiteRun(entry, context);
  const sentences = compareWithManifest(entry, result, graph?.counts).map((d) => d.sentence);
  const checked = checkedBy(entry, result, sentences);
  if (sentences.length > 0) return checked;
  const cfg = await readCfg(entry.cfg);
  return { ...checked, counts: countsOf(entry, cfg, result.distinct, graph?.counts ?? {}) };
}

/**
 * Of a configuration in which all is as expected: edges of each action, and the distinct states on
 * which TLC looked at each property, or the property that is broken.
 */
export function countsOf(
  entry: ManifestEntry,
  { invariants, properties }: Pick<Cfg, "invariants" | "properties">,
  distinct: number,
  edges: Readonly<Record<string, number>>,
): Counts {
  const counts = new Counts();
  if (entry.expect.verdict === "violated") counts.add("mutants", entry.expect.property);
  else if (modelled(entry)) {
    for (const [action, n] of Object.entries(edges)) counts.add("TLC", actionOf(entry, action), n);
    for (const property of [...invariants, ...properties]) counts.add("TLC", property, distinct);
  }
  return counts;
}

function checkedBy(entry: ManifestEntry, result: TlcResult, sentences: readonly string[]): Checked {
  const ok = sentences.length === 0;
  const findings = ok ? [] : [finding(entry, result, sentences)];
  return { row: rowOf(entry, result, ok), findings, result };
}

function rowOf(entry: ManifestEntry, result: TlcResult, ok: boolean): Row {
  const facts: Record<string, string | number> = positive(entry)
    ? { states: result.distinct, depth: result.depth }
    : { steps: Math.max(0, (result.trace?.length ?? 0) - 1), trace: actionsOf(result) };
  const wording = wordingOf(entry, result, ok);
  const { name } = entry;
  return { name, verdict: ok ? "holds" : "violated", wording, seconds: result.seconds, facts };
}

/** A row of a witness holds where its property is violated. */
export function wordingOf({ expect }: ManifestEntry, { violated }: TlcResult, ok: boolean): string {
  if (!violated) {
    if (!ok) return "not as expected";
    return expect.verdict === "holds" ? "holds" : "no violation found";
  }
  const expected = ok && expect.verdict === "violated" && violated.name === expect.property;
  return `violates ${violated.name}, ${expected ? "" : "not "}as expected`;
}

/** The counterexample as action names; of a lasso, what leads back and where to. */
function actionsOf({ trace = [], lassoTo, lassoAction }: TlcResult): string {
  const actions = trace.slice(1).map((step) => step.action);
  if (lassoTo === undefined) return actions.join(" → ");
  const back = lassoAction === "Stuttering" ? "nothing more" : `${lassoAction} back to ${lassoTo}`;
  return [...actions, back].join(" → ");
}

const lassoOf = ({ lassoTo: to, lassoAction: action }: TlcResult): Lasso | undefined =>
  to === undefined || action === undefined ? undefined : { to, action };

function finding(entry: ManifestEntry, result: TlcResult, sentences: readonly string[]): Finding {
  const actions = actionsOf(result);
  const violated = result.violated ? `${result.violated.name} is violated` : "no violation";
  return {
    title: actions || `${entry.name}: ${sentences[0]}`,
    lines: [
      `configuration ${entry.name} (${entry.about}): ${violated}`,
      ...sentences,
      ...(result.trace ? formatTrace(result.trace, lassoOf(result)).split("\n") : []),
    ],
    replay: `ringproof tlc ${entry.name}`,
  };
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const entries = await selectEntries(context);
  let done = 0;
  const checked = await inParallel(entries, RUNS_AT_ONCE, async (entry) => {
    const one = await check(entry, context);
    context.progress("TLC configurations", ++done, entries.length);
    return one;
  });
  return summary(entries, checked, (performance.now() - started) / 1000);
}

function summary(
  entries: readonly ManifestEntry[],
  checked: readonly Checked[],
  seconds: number,
): ClaimResult {
  const findings = checked.flatMap((c) => c.findings);
  const all = new Counts();
  for (const { counts } of checked) if (counts) all.merge(counts);
  return {
    id: "C1",
    verdict: findings.length === 0 ? "holds" : "violated",
    seconds,
    covered: {
      configs: entries.filter(positive).length,
      distinctStates: checked.reduce((sum, c) => sum + c.result.distinct, 0),
      negativeConfigs: entries.filter((e) => !positive(e)).length,
    },
    rows: checked.map((c) => c.row),
    findings,
    counts: all,
  };
}

export const tlcClaim: Claim = {
  id: "C1",
  command: "tlc",
  sentence: "the storage model keeps its invariants and refines the queue contract",
  covers: ["configs", "distinctStates", "negativeConfigs"],
  needs: ["seed"],
  fills: { TLC: ["action", "property"], mutants: ["property"] },
  run,
};

export interface TlcCommandOptions {
  /** TLC's own worker threads; above one, depth and traces need not be the shortest. */
  readonly workers?: number;
  /** Random behaviours instead of every state. */
  readonly simulate?: number;
  /** A file for the labelled graph, one JSON value per line. */
  readonly dump?: string;
}

/** `ringproof tlc`: TLC alone, on the named configurations or those of the tier. */
export async function runTlcCommand(
  options: TlcCommandOptions,
  context: Context,
): Promise<ClaimResult> {
  const started = performance.now();
  const entries = await selectEntries(context);
  const checked: Checked[] = [];
  for (const entry of entries) {
    const file = options.dump === undefined ? null : jsonLines(options.dump);
    const result = await runEntry(entry, context, {
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.simulate === undefined
        ? {}
        : { simulate: { traces: options.simulate, seed: context.seed } }),
      ...(file ? { dump: file.sink } : {}),
    });
    await file?.close();
    checked.push(checkedBy(entry, result, deviations(entry, result, options)));
  }
  return summary(entries, checked, (performance.now() - started) / 1000);
}

/** Simulation visits no known number of states, and several workers find no shortest traces. */
function deviations(
  entry: ManifestEntry,
  result: TlcResult,
  { simulate, workers = 1 }: TlcCommandOptions,
): string[] {
  if (simulate !== undefined && !positive(entry)) return [];
  const exact = (what: string) =>
    simulate !== undefined
      ? what === "verdict"
      : workers === 1 || !/^(depth|steps|back to)$/.test(what);
  return compareWithManifest(entry, result)
    .filter((d) => exact(d.what))
    .map((d) => d.sentence);
}

/** One line per state and per edge; several configurations append to the same file. */
function jsonLines(path: string): { sink: DotSink; close: () => Promise<void> } {
  const out = createWriteStream(path, { flags: "a" });
  const line = (value: unknown) => out.write(`${JSON.stringify(value)}\n`);
  return {
    sink: {
      onState: (fp, text, initial) => line({ state: fp, text, initial }),
      onEdge: (from, to, action) => line({ from, to, action }),
    },
    close: () => finished(out.end()),
  };
}
