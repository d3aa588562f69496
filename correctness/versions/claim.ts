/**
 * Postgres of other versions than the one on which everything else is checked. The same claims are
 * made of each: a sample of two of them of the oldest version on every push, and the quick tier of
 * all that are about Postgres alone, of each of them, in the others.
 */

import { atVersion, type PgSource } from "../../src/postgres/source.js";
import { SHIPPED, versions } from "../../src/postgres/versions.js";
import { runClaim } from "../check.js";
import type { Claim, ClaimResult, Context, Finding, Row, Shard, Tier } from "../claims.js";
import { conformClaim } from "../conform/claim.js";
import { interleaveClaim } from "../interleave/claim.js";
import { lockstepClaim } from "../lockstep/claim.js";
import { locksClaim } from "../locks/claim.js";
import { number } from "../report/report.js";
import { NothingToDo, shardOf } from "../shard.js";
import { traceClaim } from "../trace/claim.js";

/** A claim, and the part of its quick tier that is asked of a version. */
interface Look {
  readonly claim: Claim;
  readonly part: Shard;
}

interface Extent {
  readonly versions: readonly number[];
  readonly looks: readonly Look[];
}

/** One piece in so many, from all over. */
const oneIn = (claim: Claim, count: number): Look => ({ claim, part: { index: 1, count } });
const whole = (claim: Claim): Look => oneIn(claim, 1);

const others = versions.filter((version) => version !== SHIPPED);
const everyOther: Extent = {
  versions: others,
  looks: [conformClaim, lockstepClaim, interleaveClaim, locksClaim, traceClaim].map(whole),
};
export const extents: Readonly<Record<Tier, Extent>> = {
  quick: {
    versions: others.slice(0, 1),
    looks: [oneIn(conformClaim, 8), oneIn(interleaveClaim, 12)],
  },
  full: everyOther,
  nightly: everyOther,
};

/** What is told of each, of all that it covers. */
const telling = ["states", "checks", "steps", "pairs", "interleavings", "plans", "events"];
const covers = ["versions", "states", "checks", "pairs", "interleavings"];

interface Work extends Look {
  readonly version: number;
  readonly pg: PgSource;
}

interface Done extends Work {
  readonly result: ClaimResult;
}

/** Those of the tier, unless the run is of one. */
function workOf({ tier, pg, shard }: Context): readonly Work[] {
  const { versions: usual, looks } = extents[tier];
  const sources = pg.version === undefined ? usual.map((v) => atVersion(pg, v)) : [pg];
  const all = sources.flatMap((source) => {
    if (!source) throw oneServer();
    return looks.map((look) => ({ ...look, version: source.version!, pg: source }));
  });
  return shardOf(all, shard);
}

const oneServer = (): NothingToDo =>
  new NothingToDo(
    "One server, or one image, is of one version.",
    "Use --pg embedded for the others, or say with --pg-version which one it is.",
  );

async function look(work: Work, context: Context): Promise<Done> {
  const { version, claim, part, pg } = work;
  const result = await runClaim(claim, {
    ...context,
    tier: "quick",
    shard: part,
    pg,
    progress: (what, done, total) => context.progress(`Postgres ${version}: ${what}`, done, total),
  });
  return { ...work, result };
}

/** Where a version is not to be had for one claim, it is not asked for again. */
async function lookAll(work: readonly Work[], context: Context): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const each of work) {
    const missing = done.find((d) => d.version === each.version && d.result.verdict === "not-run");
    done.push(missing ? { ...each, result: missing.result } : await look(each, context));
  }
  return done;
}

const coveredText = ({ covered }: ClaimResult): string =>
  telling
    .filter((name) => name in covered)
    .map((name) => `${number(covered[name]!)} ${name}`)
    .join(", ");

const rowOf = ({ version, claim, result }: Done): Row => ({
  name: `Postgres ${version}, ${claim.id}`,
  verdict: result.verdict,
  seconds: result.seconds,
  facts: { covered: coveredText(result) },
});

const findingOf = ({ version }: Done, finding: Finding): Finding => ({
  ...finding,
  title: `Postgres ${version}: ${finding.title}`,
  pgVersion: version,
});

function coveredBy(done: readonly Done[]): ClaimResult["covered"] {
  const run = done.filter(({ result }) => result.verdict !== "not-run");
  const names = telling.filter((name) => run.some(({ result }) => name in result.covered));
  const sum = (name: string) => run.reduce((n, { result }) => n + (result.covered[name] ?? 0), 0);
  return {
    ...Object.fromEntries(covers.map((name) => [name, 0])),
    versions: new Set(run.map(({ version }) => version)).size,
    ...Object.fromEntries(names.map((name) => [name, sum(name)])),
  };
}

/** Once, whatever is said of several. */
function saidOf(done: readonly Done[], of: (result: ClaimResult) => string | undefined): string {
  const said = done.flatMap(({ result }) => of(result) ?? []);
  return [...new Set(said)].join("\n");
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const done = await lookAll(workOf(context), context);
  const findings = done.flatMap((each) =>
    each.result.findings.map((finding) => findingOf(each, finding)),
  );
  const why = saidOf(done, (result) => result.why);
  const note = saidOf(done, (result) => result.note);
  return {
    id: "versions",
    verdict: findings.length > 0 ? "violated" : why === "" ? "holds" : "not-run",
    seconds: (performance.now() - started) / 1000,
    covered: coveredBy(done),
    rows: done.map(rowOf),
    findings,
    ...(why !== "" && { why }),
    ...(note !== "" && { note }),
  };
}

export const versionsClaim: Claim = {
  id: "versions",
  command: "versions",
  sentence: `what holds on Postgres ${SHIPPED} holds on older versions, from ${others[0]} on`,
  covers,
  needs: ["pg", "seed"],
  run,
};
