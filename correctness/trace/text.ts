/** Events, and why there is no explanation, as a person reads them. */

import type { Place } from "../../src/memory/index.js";
import { formatCall, outcomeText } from "../report/calls.js";
import { formatDiff } from "../report/diff.js";
import type { Breach } from "./contract.js";
import type { Misfit } from "./explanation.js";
import type { Event } from "./history.js";
import type { StorageBreach } from "./storage.js";

/** So many calls of one job are shown. */
const LAST = 16;

/** Such as `17 w3: Claim(a, 2) at tick 4: claimed j1/1 j2/1`. */
export function eventText(event: Event): string {
  const { id, worker, action, args, tick, outcome } = event;
  const call = formatCall({ action, args });
  const told = outcome ? outcomeText(outcome) : "nobody knows what";
  return `${id} ${worker}: ${call} at tick ${tick}: ${told}`;
}

/** What the core says of a call that could come next. */
function misfitLines(event: Event, misfit: Misfit | null): readonly string[] {
  const call = `  ${eventText(event)}`;
  if (!misfit) return [call, "    but a call that is explained already wrote the same rows later"];
  const { expected, rows } = misfit;
  return [
    call,
    `    the core says  ${outcomeText(expected)}`,
    ...(rows.length > 0 ? ["    rows, - in the core only, + in the history only"] : []),
    ...formatDiff(rows).map((line) => `  ${line}`),
  ];
}

export const storageLines = ({ recent, event, misfits }: StorageBreach): readonly string[] => [
  ...(recent.length > 0
    ? [
        "the last calls that are explained, in their order",
        ...recent.map((e) => `  ${eventText(e)}`),
      ]
    : []),
  "what could come next, and does not fit",
  ...[...misfits].flatMap(([one, misfit]) => misfitLines(one, misfit)),
  ...(misfits.has(event) ? [] : [`  ${eventText(event)}`]),
];

const placeText = (then: ReadonlyMap<string, Place>): string =>
  [...then].map(([job, { state, lease }]) => `${job} ${state} (lease ${lease})`).join(", ");

/** The calls on one job, and how far the contract allows them. */
export const contractLines = ({ job, events, nearest, misfit }: Breach): readonly string[] => [
  ...(job === null ? [] : [`the calls on ${job} and what they overlap with, by their ends`]),
  ...events.slice(-LAST).map((event) => `  ${eventText(event)}`),
  ...(nearest.length > 0 ? ["the longest order that the contract allows"] : []),
  ...nearest.slice(-LAST).map(({ event, then }) => {
    const what = event ? eventText(event) : "it was forgotten";
    return `  ${what} → ${placeText(then)}`;
  }),
  "and then nothing allows",
  `  ${eventText(misfit)}`,
];
