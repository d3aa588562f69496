/** What every action answers, guard by guard, in states that calls have reached. */

import { describe, expect, test } from "vitest";
import { replay } from "../../correctness/explore/explorer.js";
import {
  actionNames,
  actions,
  allAnswers,
  calls,
  step,
  storageMachine,
  wordsOf,
  type ActionName,
  type Call,
  type State,
} from "../../src/core/index.js";
import { admin } from "./rows/admin.js";
import { attempt } from "./rows/attempt.js";
import { scope, type Row, type Rows } from "./rows/calls.js";
import { finish } from "./rows/finish.js";
import { producers } from "./rows/producers.js";
import { rescue } from "./rows/rescue.js";
import { rings } from "./rows/rings.js";

const table: Rows<ActionName> = {
  ...producers,
  ...attempt,
  ...finish,
  ...rescue,
  ...admin,
  ...rings,
};

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

const machine = storageMachine(scope);

const states = new Map<string, State>();

/** The state after these calls, which nobody can change any more. */
function after(done: readonly Call[]): State {
  const key = JSON.stringify(done);
  const state = states.get(key) ?? frozen(replay(done, machine).at(-1)!.state);
  states.set(key, state);
  return state;
}

const rowsOf = (action: ActionName) =>
  (table[action] as readonly Row<ActionName>[]).map(
    ([when, done, args, outcome]) =>
      [when, { state: after(done), tried: frozen({ action, args }) as Call, outcome }] as const,
  );

describe.each(actionNames)("%s", (action) => {
  test.each(rowsOf(action))("%s", (_, { state, tried, outcome }) => {
    const once = step(state, tried, scope);
    expect(once.outcome).toEqual(outcome);
    expect(step(state, tried, scope)).toEqual(once);
  });

  const refused = rowsOf(action).filter(([, { outcome }]) =>
    wordsOf(outcome).every((word) => word !== actions[action].answers[0]),
  );

  test.runIf(refused.length > 0).each(refused)("%s: no row changes", (_, { state, tried }) => {
    expect(step(state, tried, scope).state.db).toEqual(state.db);
  });

  test("every answer occurs", () => {
    const words = rowsOf(action).flatMap(([, { outcome }]) => wordsOf(outcome));
    expect(new Set(words)).toEqual(new Set(actions[action].answers));
  });
});

test("the tables are in the registry's order and reach every answer there is", () => {
  expect(Object.keys(table)).toEqual(actionNames);
  const words = actionNames.flatMap((name) =>
    rowsOf(name).flatMap(([, { outcome }]) => wordsOf(outcome).map((word) => `${name} ${word}`)),
  );
  expect(new Set(words)).toEqual(new Set(allAnswers));
});

test("no call of any kind throws on, or changes, any of these states", () => {
  expect(states.size).toBeGreaterThan(actionNames.length);
  for (const state of states.values()) {
    for (const tried of calls({ ...scope, enabled: actionNames })) {
      const { outcome, state: next } = step(state, tried, scope);
      for (const word of wordsOf(outcome)) expect(actions[tried.action].answers).toContain(word);
      frozen(next);
    }
  }
});
