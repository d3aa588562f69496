/**
 * Errors of the database come out as they are: a call is made with an error at each of its
 * breakpoints, one after the other. Only a lock that cannot be had at once may become an answer,
 * and the planned error is none.
 */

import type pg from "pg";
import type { Call, Outcome } from "../../src/core/index.js";
import { outcomeText } from "../report/calls.js";
import type { Finding } from "../claims.js";
import type { Arena } from "./arena.js";
import { meetingText } from "./text.js";
import type { Meeting } from "./meet.js";
import { Schedules } from "./schedules.js";

/** An error that a call did not pass on, and what it answered instead. */
export interface Swallowed {
  readonly way: readonly Call[];
  readonly call: Call;
  readonly label: string;
  readonly answer: string;
}

/** The error of `breakpoint()` in breakpoints.sql. */
const PLANNED = "RP002";

/** What comes of a call although there is an error at this label; null if the error comes out. */
export async function withErrorAt<T>(
  client: pg.Client,
  label: string,
  call: () => Promise<T>,
): Promise<T | null> {
  await client.query("begin");
  try {
    await client.query("select set_config('breakpoint.failing', $1, true)", [label]);
    return await call();
  } catch (error) {
    if ((error as { code?: string }).code === PLANNED) return null;
    throw error;
  } finally {
    await client.query("rollback");
  }
}

async function failAt(arena: Arena, call: Call, label: string): Promise<Outcome | null> {
  const { controller } = arena;
  const found = await withErrorAt(controller, label, () => controller.query(arena.textOf(call)));
  return found && arena.answerOf(call, found.rows);
}

/** What was tried so far: each label of each action once. */
export class Failing {
  readonly swallowed: Swallowed[] = [];
  /** As in `Claim hand_out.read_tail`. */
  private readonly tried = new Set<string>();

  get errors(): number {
    return this.tried.size;
  }

  /** In the state that is loaded, where a run came to these labels. */
  async look(arena: Arena, { way }: Meeting, call: Call, labels: Iterable<string>): Promise<void> {
    const isNew = (label: string) =>
      label.includes(".") && !this.tried.has(`${call.action} ${label}`);
    if (![...labels].some(isNew)) return;
    const { steps } = await arena.run([call], new Schedules());
    for (const label of new Set(steps.map((step) => step.label).filter(isNew))) {
      this.tried.add(`${call.action} ${label}`);
      const outcome = await failAt(arena, call, label);
      if (outcome) this.swallowed.push({ way, call, label, answer: outcomeText(outcome) });
    }
  }
}

export function swallowedFinding({ way, call, label, answer }: Swallowed): Finding {
  return {
    title: `${meetingText({ way, calls: [call] })}: an error at ${label} does not come out`,
    lines: [`it answers:  ${answer}`, "Only lock_not_available may become an answer."],
    replay: `ringproof interleave ${call.action}`,
    bundle: { way, call, label },
  };
}
