/** What a soak says: a row for each account, and one for each kind of fault. */

import type { Finding, Row, Verdict } from "../claims.js";
import { number, type Section } from "../report/report.js";
import { factual } from "./moves.js";
import { kinds, type Kind } from "./recovery.js";
import { megabytes, type Size } from "./sizes.js";
import { soak, type SoakOptions } from "./soak.js";
import type { Soaked } from "./soaked.js";
import { accounts, type Account } from "./wrongs.js";

export const sentence = "faults lose nothing, over a long time and at a real rate";

/** What happens in each kind of fault. */
const faults: { readonly [K in Kind]: string } = {
  terminate: "session terminated",
  cutBefore: "cut before COMMIT",
  cutAfter: "cut after COMMIT",
  kill: "server killed",
  clock: "clock leaps",
  death: "worker dies",
  zombie: "worker falls silent",
};

export async function soakSection(options: SoakOptions): Promise<Section> {
  const started = performance.now();
  const soaked = await soak(options);
  const seconds = (performance.now() - started) / 1_000;
  const { ledger, handOuts, recoveries, wrongs } = soaked;
  const verdict = ledger.wrongs.any ? "violated" : "holds";
  return {
    id: "soak",
    sentence,
    verdict,
    seconds,
    covered: {
      jobs: ledger.enqueues.acknowledged,
      attempts: handOuts.told,
      calls: soaked.calls,
      faults: kinds.reduce((sum, kind) => sum + recoveries.of(kind).count, 0),
      wrong: ledger.wrongs.count,
    },
    rows: [...accountRows(soaked), ...faultRows(soaked)],
    numbers: numbersOf(soaked),
    findings: wrongs.map(({ account, title, lines }): Finding => {
      return { title: `${accounts[account]}: ${title}`, lines, replay: replayOf(options) };
    }),
    ...noteOf(soaked),
  };
}

const replayOf = ({ seconds, rate, workers, seed }: SoakOptions): string =>
  `ringproof soak --minutes ${seconds / 60} --rate ${rate} --workers ${workers} --seed ${seed}`;

/** Accounts that are compared only once all is done. */
const last: readonly Account[] = ["batches", "size", "drain", "rings", "audit"];

function accountRows(soaked: Soaked): readonly Row[] {
  const { ledger, closed } = soaked;
  const found = foundBy(soaked);
  const seconds: Partial<Record<Account, number>> = { ...closed };
  return (Object.keys(accounts) as Account[]).map((account): Row => {
    const wrong = ledger.wrongs.of(account);
    const open = closed === null && last.includes(account);
    const verdict: Verdict = wrong > 0 ? "violated" : open ? "not-run" : "holds";
    const facts = { found: open ? "" : found[account], wrong };
    return { name: accounts[account], verdict, seconds: seconds[account] ?? soaked.seconds, facts };
  });
}

const list = (counts: readonly (readonly [number, string])[]): string =>
  counts.flatMap(([count, what]) => (count > 0 ? [`${number(count)} ${what}`] : [])).join(", ");

/** At first, and in the end. */
const sizeText = (first: Size, last: Size): string =>
  [
    `rings ${megabytes(first.rings)} to ${megabytes(last.rings)}`,
    `the rest ${megabytes(first.others)} to ${megabytes(last.others)}`,
    `${number(first.dead)} to ${number(last.dead)} dead tuples`,
  ].join(", ");

/** What each account is of. */
function foundBy(soaked: Soaked): { readonly [A in Account]: string } {
  const { ledger, handOuts, sizes, turned, calls, places } = soaked;
  const { enqueues } = ledger;
  const ended = list([
    [ledger.count("alive"), "alive"],
    ...factual.map((place) => [ledger.count(place), place] as const),
    [ledger.count("gone"), "removed"],
    [ledger.count("unclear"), "ended in one of several ways"],
  ]);
  const facts = factual.reduce((sum, place) => sum + ledger.count(place), 0);
  return {
    jobs: `${number(enqueues.acknowledged)} acknowledged: ${ended}`,
    batches: `${number(enqueues.unheard)} jobs without an answer, ${number(enqueues.met)} there`,
    keys: `${number(enqueues.turnedAway)} turned away`,
    attempts: `${number(handOuts.told)} told to workers, ${number(handOuts.toNobody)} to nobody`,
    effects: `${number(ledger.refused)} calls too late, and told so`,
    facts: `${number(facts)} counted`,
    slots: `${number(soaked.dispatch.leases)} leased`,
    answers: `${number(calls)} calls`,
    recovery: `sessions terminated at ${number(places)} labelled statements`,
    size: sizeText(sizes.first, sizes.last),
    drain: `${number(soaked.left)} were left`,
    rings: `${number(turned.rotated)} turns, ${number(turned.pruned)} slots reclaimed`,
    audit: "with all that has ended, and with nothing",
  };
}

const milliseconds = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;

function faultRows({ recoveries, seconds }: Soaked): readonly Row[] {
  return kinds.map((kind): Row => {
    const { count, median, worst } = recoveries.of(kind);
    const back = `over after ${milliseconds(median)}, at most ${milliseconds(worst)}`;
    const found = count === 0 ? "none" : `${number(count)}, ${back}`;
    return { name: faults[kind], verdict: "holds", seconds, facts: { found } };
  });
}

function numbersOf({ recoveries, sizes }: Soaked): NonNullable<Section["numbers"]> {
  const byKind = kinds.map((kind) => [kind, { ...recoveries.of(kind) }] as const);
  return { ...Object.fromEntries(byKind), first: { ...sizes.first }, last: { ...sizes.last } };
}

function noteOf({ spared }: Soaked): Pick<Section, "note"> {
  if (spared === null) return {};
  return { note: `No server was killed: ${spared}. Leave --pg out to have that as well.` };
}
