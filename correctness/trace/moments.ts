/**
 * What a call may have seen before or after the moment at which it takes its place in the order: it
 * takes hold of a slot that is current, and a claim reads how far its lane goes, while others turn
 * the rings and append to the lane.
 */

import type { Db, Lane, RingName } from "../../src/core/index.js";
import type { Event } from "./history.js";
import type { Stored } from "./rows.js";

export interface Moment {
  readonly rings: Db["rings"];
  /** The claim has left alone what is in its lane from here on. */
  readonly tail?: number;
}

/** What was there before a call was made that is explained already. */
export type Before = (event: Event) => Stored | undefined;

/** Moments other than now, of a call with these others beside it. */
export function momentsOf(
  event: Event,
  { rings }: Stored,
  beside: readonly Event[],
  before: Before,
): readonly Moment[] {
  if (event.action.startsWith("Rotate")) return [];
  const all = [rings, ...beside.flatMap((other) => turned(other, rings, before))];
  const tails = event.action === "Claim" ? tailsOf(event.args.lane, beside, before) : [];
  return [
    ...all.slice(1).map((each) => ({ rings: each })),
    ...tails.flatMap((tail) => all.map((each) => ({ rings: each, tail }))),
  ];
}

/** The rings before and after another call has turned one of them. */
function turned(other: Event, rings: Db["rings"], before: Before): readonly Db["rings"][] {
  const turn = other.changes?.find(({ table }) => table === "rings");
  if (!turn || !other.action.startsWith("Rotate")) return [];
  const [name, cur, init] = turn.put as [RingName, number, number];
  const was = before(other)?.rings[name];
  return [...(was ? [{ ...rings, [name]: was }] : []), { ...rings, [name]: { cur, init } }];
}

/** Where a lane ended before others appended to it. */
function tailsOf(lane: Lane, beside: readonly Event[], before: Before): readonly number[] {
  return beside.flatMap((other) => {
    const appends = other.changes?.some(
      ({ table, put }) => table === "laneNext" && put![0] === lane,
    );
    const was = appends ? before(other) : undefined;
    return was ? [was.laneHeads[lane]!.next] : [];
  });
}
