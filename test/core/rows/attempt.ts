/** What is told to those who speak of an attempt that goes on. */

import {
  refused,
  again,
  one,
  enqueue,
  beat,
  cancelRunning,
  rotateLeases,
  tick,
  says,
  running,
  waiting,
  resumed,
  type Rows,
} from "./calls.js";

export const attempt: Rows<"Heartbeat" | "FlushProgress" | "ParkForCallback" | "ResumeCallback"> = {
  Heartbeat: [
    ...refused(one),
    ["the attempt runs", running, one, says("recorded")],
    ["it was heard of before", [...running, beat, tick], one, says("recorded")],
    ["the attempt is lease-managed", [...resumed, tick], one, says("recorded")],
  ],
  FlushProgress: [
    ...refused(one),
    ["the attempt runs", running, one, says("flushed")],
    ["the attempt is lease-managed", resumed, one, says("flushed")],
  ],
  ParkForCallback: [
    ...refused(one),
    ["the attempt runs", running, one, says("parked")],
    ["the callback of an earlier wait came", resumed, one, says("parked")],
    ["its lease is in the older slot", [...resumed, rotateLeases], one, says("parked")],
  ],
  ResumeCallback: [
    ["the token was never issued", [enqueue("j1")], one, says("notWaiting")],
    ["the attempt never waited", running, one, says("notWaiting")],
    ["the callback came before", resumed, one, says("notWaiting")],
    ["the attempt was cancelled", [...waiting, cancelRunning], one, says("notWaiting")],
    ["another attempt waits", waiting, { token: again }, says("notWaiting")],
    ["the attempt waits", waiting, one, says("resumed")],
    ["its lease is in the older slot", [...waiting, rotateLeases], one, says("resumed")],
    ["its time is over, and nobody has looked", [...waiting, tick], one, says("resumed")],
  ],
};
