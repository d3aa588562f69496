/** What the name of a lane says: `mail/2/1` is shard 1 of priority 2 of the queue `mail`. */

import type { Lane } from "../../src/core/index.js";

export interface LanePlace {
  readonly queue: string;
  readonly priority: number;
  readonly shard: number;
}

/** What a name leaves out is 0, the priority first: `mail/1` is shard 1. */
export function placeOfLane(lane: Lane): LanePlace {
  const [queue = "", ...numbers] = lane.split("/");
  const [shard = 0, priority = 0] = numbers.map(Number).reverse();
  return { queue, priority, shard };
}

/** The lane at this place among those that there are. */
export const laneAtPlace = (
  lanes: readonly Lane[],
  { queue, priority, shard }: LanePlace,
): Lane | undefined =>
  lanes.find((lane) => {
    const place = placeOfLane(lane);
    return place.queue === queue && place.priority === priority && place.shard === shard;
  });
