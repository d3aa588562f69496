/** The judge is the contract: its arrows are those of QueueContract.tla, read from the text. */

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { arrows, type ContractState } from "../../src/memory/index.js";
import { operations, turns, type Turn } from "./arbitrary.js";

const text = readFileSync(new URL("../../spec/QueueContract.tla", import.meta.url), "utf8");
const names = (set: string): string[] => [...set.matchAll(/"(\w+)"/g)].map(([, name]) => name!);

/** Every way from one state to another, such as `running to ready`. */
const ways = (from: readonly string[], to: readonly string[]): string[] =>
  from.flatMap((start) => to.map((end) => `${start} to ${end}`));

/** The definitions of the spec by name, each up to a line that is not indented. */
const definitions = [...text.matchAll(/^(\w+)\(o, n\) == ([^]*?)\n(?! )/gm)];

/** What the spec writes as `Name(o, n) == Moves(o, n, {from}, {to})`, or as two of them. */
const moves = new Map(
  definitions.flatMap(([, name, body]) => {
    const of = [...body!.matchAll(/Moves\(o, n, \{(.*?)\}, \{(.*?)\}\)/g)];
    const found = of.flatMap(([, from, to]) => ways(names(from!), names(to!)));
    return found.length > 0 ? [[name!, found.sort()] as const] : [];
  }),
);
const forgettable = names(/^Forget\(o, n\) == .*?o\.state \\in \{(.*?)\}/m.exec(text)![1]!);

/** The arrow of the spec of which one here is a part; all others have the spec's own names. */
const partOf: Readonly<Record<string, string>> = {
  Expire: "Rescue",
  TimeOut: "Rescue",
  CancelReady: "Cancel",
  CancelRunning: "Cancel",
  RetryFromDlq: "Readmit",
  RetryFromTerminal: "Readmit",
  Discard: "Forget",
  Purge: "Forget",
};

/** The arrow of the spec between two pictures of one job. */
function arrowOf(job: string, before: ContractState, after: ContractState): string {
  const o = before.jobs.get(job) ?? { state: "absent", lease: 0 };
  const n = after.jobs.get(job)!;
  if (o.state === n.state && o.lease === n.lease) return "stays";
  if (o.state === "ready" && n.state === "running" && n.lease === o.lease + 1) return "Claim";
  if (forgettable.includes(o.state) && n.state === "removed" && n.lease === 0) return "Forget";
  const way = `${o.state} to ${n.state}`;
  const along = [...moves].find(([, found]) => found.includes(way));
  return along && o.lease === n.lease ? along[0] : `${job}: ${way}`;
}

it("has the arrows of the spec", () => {
  const here = new Map<string, string[]>();
  for (const [name, { from, to }] of Object.entries(arrows)) {
    const whole = partOf[name] ?? name;
    const found = new Set([...(here.get(whole) ?? []), ...ways(from, to)]);
    here.set(whole, [...found].sort());
  }
  expect(text).toContain('Claim(o, n) == o.state = "ready" /\\ n.state = "running"');
  const there = new Map(moves)
    .set("Claim", ["ready to running"])
    .set("Forget", ways(forgettable, ["removed"]).sort());
  expect(here).toEqual(there);
});

it("steps along the arrows of the spec, and acknowledges exactly what a worker ended", () => {
  const followed = new Set<string>();
  const check = ({ before, operation, state }: Turn): void => {
    const ended: string[] = [];
    for (const [job] of state.jobs) {
      const arrow = arrowOf(job, before, state);
      followed.add(arrow);
      if (arrow === "End") ended.push(`${job}/${before.jobs.get(job)!.lease}`);
    }
    const acknowledged = [...state.acks].filter((name) => !before.acks.has(name));
    expect(acknowledged.sort(), operation.action).toEqual(ended.sort());
    expect([...before.acks].filter((name) => !state.acks.has(name))).toEqual([]);
  };
  fc.assert(
    fc.property(operations, (run) => turns(run).forEach(check)),
    { numRuns: 200, seed: 5 },
  );
  expect([...followed].sort()).toEqual(["stays", "Claim", "Forget", ...moves.keys()].sort());
});

it("keeps at most one job of a key alive, in the spec's sense", () => {
  const living = names(/^Living == \{(.*)\}/m.exec(text)![1]!);
  let rivals = 0;
  fc.assert(
    fc.property(operations, (run) => {
      for (const { state, outcome } of turns(run)) {
        const keyed = [...state.jobs.values()].filter((job) => job.key === "k");
        expect(keyed.filter((job) => living.includes(job.state)).length).toBeLessThan(2);
        if (outcome.result === "uniqueConflict") rivals += 1;
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(rivals).toBeGreaterThan(10);
});
