/** Under symmetry a key stands for all renamings of a state, and for nothing else. */

import { expect, test } from "vitest";
import { encode, storageMachine, type Job, type Scope, type State } from "../../src/core/index.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";

const STATES = 4_000;

const permutations = (jobs: readonly Job[]): readonly (readonly Job[])[] =>
  jobs.length === 0
    ? [[]]
    : jobs.flatMap((job) =>
        permutations(jobs.filter((other) => other !== job)).map((rest) => [job, ...rest]),
      );

/** The state with other names for these jobs, wherever a name stands. */
function renamed(state: State, jobs: readonly Job[], names: readonly Job[]): State {
  const other = (_: string, value: unknown) => names[jobs.indexOf(value as Job)] ?? value;
  return JSON.parse(JSON.stringify(state), other) as State;
}

/** Of the codes of all renamings the least. */
const least = (state: State, scope: Scope): string =>
  permutations(scope.jobs)
    .map((names) => encode(renamed(state, scope.jobs, names), scope))
    .reduce((a, b) => (a < b ? a : b));

const withoutOne = (state: State): State => {
  const { enqueued } = state.env;
  return { ...state, env: { ...state.env, enqueued: enqueued.slice(1) } };
};

test.each(["batches.cfg", "keys.cfg", "rescue.cfg"])(
  "%s with three jobs: the same key where a renaming makes them equal, and nowhere else",
  async (cfg) => {
    const scope: Scope = { ...(await readScope(cfg)), jobs: ["j1", "j2", "j3"] };
    const { states } = explore(storageMachine(scope), { properties: [], atMost: STATES });
    const machine = storageMachine(scope, { symmetric: true });
    const looked = states.filter((_, i) => i % 7 === 0);
    const [ofKey, ofCode] = [
      new Map<string | number, string>(),
      new Map<string, string | number>(),
    ];
    const others = looked.map((state) => renamed(state, scope.jobs, ["j2", "j3", "j1"]));
    for (const state of [...looked, ...others, ...looked.map(withoutOne)]) {
      const [key, code] = [machine.key(state), least(state, scope)];
      expect(ofKey.get(key) ?? code).toBe(code);
      expect(ofCode.get(code) ?? key).toBe(key);
      ofKey.set(key, code);
      ofCode.set(code, key);
    }
    expect(ofKey.size).toBeGreaterThan(100);
    expect(ofKey.size).toBeLessThanOrEqual(2 * looked.length);
  },
  60_000,
);
