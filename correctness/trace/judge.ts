/** What is wrong with a history: by the contract of a queue, and by the storage model. */

import type { ActionTable } from "../../src/core/index.js";
import type { Finding } from "../claims.js";
import { checkContract, type Breach } from "./contract.js";
import { KEPT } from "../report/replay.js";
import type { Event, Header, History } from "./history.js";
import { headUsers, spenders } from "./meetings.js";
import { checkStorage, type Placed, type StorageBreach } from "./storage.js";
import { contractLines, eventText, storageLines } from "./text.js";

export interface Judgement {
  readonly storage: StorageBreach | null;
  readonly contract: Breach | null;
  /** Calls of which nobody knew the answer, and the storage model does. */
  readonly resolved: number;
  /** The explanation in the storage model, or the longest there is. */
  readonly order: readonly Placed[];
}

/** The storage model is asked first: it may know what calls answered that nobody heard of again. */
export function judge(history: History, table?: ActionTable): Judgement {
  const { header, events } = history;
  if (!header.slots)
    return { storage: null, contract: checkContract(history), resolved: 0, order: [] };
  const { breach: storage, resolved, order } = checkStorage(history, table);
  const known = events.flatMap((event): Event[] => {
    if (event.commit === null && event.outcome === null) return rolledBack(event, header);
    const outcome = event.outcome ?? resolved.get(event.id);
    return [outcome ? { ...event, outcome } : event];
  });
  const contract = checkContract({ header, events: known });
  return { storage, contract, resolved: resolved.size, order };
}

/** It did nothing, but may have held the heads of lanes, as an advance does that moves nothing. */
function rolledBack(event: Event, { lanes }: Header): Event[] {
  const { action, args } = event;
  const locked = headUsers.includes(action)
    ? [(args as { readonly lane: string }).lane]
    : spenders.includes(action)
      ? lanes
      : [];
  return locked.map((lane) => ({
    ...event,
    action: "AdvanceClaimCursor",
    args: { lane },
    outcome: { result: "noop" },
  }));
}

/** With the history as a bundle, for `ringproof trace check` to look at again. */
export function findingsOf(
  { storage, contract }: Judgement,
  history: History,
  file: string = KEPT,
): Finding[] {
  const replay = `ringproof trace check ${file}`;
  const kept = { replay, offline: true, bundle: history } as const;
  return [
    ...(contract
      ? [
          {
            title: `${eventText(contract.misfit)}: ${contract.why}`,
            lines: contractLines(contract),
            ...kept,
          },
        ]
      : []),
    ...(storage
      ? [
          {
            title: `${eventText(storage.event)}: ${storage.why}`,
            lines: storageLines(storage),
            ...kept,
          },
        ]
      : []),
  ];
}
