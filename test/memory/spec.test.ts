/** The judge is the contract: its arrows are those of QueueContract.tla, read from the text. */

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { arrows, type ContractState } from "../../src/memory/index.js";
import { operations, turns, type Turn } from "./arbitrary.js";

const text = readFileSync(new URL("../../spec/QueueContract.tla", import.meta.url), "utf8");
const names = (set: string): string[] => [...set.matchAll(/"(\w+)"/g)].map(([, name]) => name!);

/** The arrows that the spec writes as `Name(o, n) == Moves(o, n, {from}, {to})`. */
const moves = [...text.matchAll(/^(\w+)\(o, n\) == Moves\(o, n, \{(.*?)\}, \{(.*?)\}\)/gm)].map(
  ([, name, from, to]) => ({ name: name!, from: names(from!), to: names(to!) }),
);
const forgettable = names(/^Forget\(o, n\) == o\.state \\in \{(.*?)\}/m.exec(text)![1]!);

/** The arrow of the spec between two pictures of one job. */
function arrowOf(job: string, before: ContractState, after: ContractState): string {
  const o = before.jobs.get(job) ?? { state: "absent", lease: 0 };
  const n = after.jobs.get(job)!;
  if (o.state === n.state && o.lease === n.lease) return "stays";
  if (o.state === "ready" && n.state === "running" && n.lease === o.lease + 1) return "Claim";
  if (forgettable.includes(o.state) && n.state === "removed" && n.lease === 0) return "Forget";
  const along = moves.find(({ from, to }) => from.includes(o.state) && to.includes(n.state));
  return along && o.lease === n.lease ? along.name : `${job}: ${o.state} to ${n.state}`;
}

it("has the arrows of the spec", () => {
  const { Claim, Discard, Purge, Forget, ...rest } = arrows;
  expect(moves).toEqual(Object.entries(rest).map(([name, arrow]) => ({ name, ...arrow })));
  expect(text).toContain('Claim(o, n) == o.state = "ready" /\\ n.state = "running"');
  expect(Claim).toEqual({ from: ["ready"], to: ["running"] });
  expect(new Set([...Discard.from, ...Purge.from])).toEqual(new Set(forgettable));
  expect(forgettable).toEqual(expect.arrayContaining([...Forget.from]));
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
  expect([...followed].sort()).toEqual(
    ["stays", "Claim", "Forget", ...moves.map(({ name }) => name)].sort(),
  );
});
