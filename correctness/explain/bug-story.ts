/** The story of a bug: what is wrong where, what a user loses, and which checks find it. */

import type { RunContext } from "../claims.js";
import { wrongs } from "../locks/wrong.js";
import { plantedIn, type KnownBug } from "../mutants/known-bugs.js";
import type { SqlMutant } from "../mutants/sql-mutant.js";
import { stepsText } from "../report/calls.js";
import { exchangesOf } from "./exchanges.js";
import { negativeRun } from "./runs.js";
import type { Command, Story } from "./story.js";
import { told } from "./told.js";
import type { Topic } from "./topics.js";

/** Which checks find the SQL, and where. */
function groundsOf({ on = {} }: SqlMutant): string {
  const { conform, lockstep, interleave, locks } = on;
  const by = { conform, interleave, locks };
  const where = Object.entries(by).flatMap(([check, some]) =>
    some ? [`${check} (${some.join(", ")})`] : [],
  );
  return `found by ${[...where, ...(lockstep ? ["lockstep"] : [])].join(" and ")}`;
}

function commandsOf({ tlc, sql }: KnownBug): Command[] {
  const spec = tlc.map(({ entry: { name, expect } }): Command => {
    const shows = `${expect.property} breaks in ${stepsText(expect.steps)}`;
    return { command: `ringproof tlc ${name}`, shows };
  });
  const played = tlc.some(({ entry }) => wrongs.some(({ config }) => config === entry.name));
  const shows = "what TLC finds happens on Postgres, with SQL that is wrong likewise";
  return [
    ...spec,
    ...(played ? [{ command: "ringproof locks --predict", shows }] : []),
    ...(sql ? [{ command: `ringproof mutants --only ${sql.name}`, shows: groundsOf(sql) }] : []),
  ];
}

export async function bugStory(bug: KnownBug, topic: Topic, context: RunContext): Promise<Story> {
  const { name, about, loss, tlc, sql } = bug;
  const breaks = [...new Set(tlc.map(({ entry }) => entry.expect.property))].join(", ");
  const [first] = tlc;
  return {
    kind: "bug",
    name,
    module: topic.module,
    about,
    loss,
    facts: {
      ...(breaks && { breaks }),
      "planted in": plantedIn(bug, tlc.length > 0 ? "TLA+" : ""),
    },
    sources: [],
    exchanges: exchangesOf(bug),
    ...(await told(
      () => (first ? negativeRun(first.entry, context) : null),
      `Only Postgres can show it${sql ? `: it is ${groundsOf(sql)}` : ""}.`,
    )),
    bugs: [],
    commands: commandsOf(bug),
    see: [],
  };
}
