import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { checkStorage } from "../../correctness/trace/storage.js";
import type { Event, History } from "../../correctness/trace/history.js";
import { toldEarly } from "./early.js";
import { header, histories, runs } from "./histories.js";

const options = { numRuns: 40 };

/** The history with this event instead of its own. */
const withEvent = ({ events }: History, changed: Event): History => ({
  header,
  events: events.map((event) => (event.id === changed.id ? changed : event)),
});

const pick = <T>(items: readonly T[], n: number): T | undefined =>
  items[n % Math.max(1, items.length)];

describe("histories of the core", () => {
  test.prop({ history: histories }, options)(
    "are explained however they overlap",
    ({ history }) => {
      expect(checkStorage(history).breach).toBeNull();
    },
  );

  test.prop({ history: histories, n: fc.nat() }, options)(
    "are explained when nobody knows some answers, and these come out",
    ({ history, n }) => {
      const unknown = history.events.filter(({ id }) => (id * 7 + n) % 11 === 0);
      const ids = new Set(unknown.map(({ id }) => id));
      const events = history.events.map((event) =>
        ids.has(event.id) ? ({ ...event, return: null, outcome: null } as Event) : event,
      );
      const { breach, resolved } = checkStorage({ header, events });
      expect(breach).toBeNull();
      for (const { id, outcome, changes } of unknown)
        if (changes!.length > 0) expect(resolved.get(id)).toEqual(outcome);
    },
  );

  // Calls that overlap may be taken in another order, in which the row need not be there.
  test.prop({ events: runs, n: fc.nat() }, options)(
    "are refused where a row is missing, one call after the other",
    ({ events, n }) => {
      const brought = ({ changes = [] }: Event) => {
        const dropped = changes.map(({ table, drop }) => JSON.stringify([table, drop]));
        return changes.filter(({ table, put }) => !dropped.includes(JSON.stringify([table, put])));
      };
      const event = pick(
        events.filter((each) => brought(each).length > 1),
        n,
      );
      fc.pre(event !== undefined);
      const missing = pick(brought(event), n);
      const changes = event.changes!.filter((change) => change !== missing);
      const { breach } = checkStorage(withEvent({ header, events }, { ...event, changes }));
      expect([...breach!.misfits.keys()].map(({ id }) => id)).toEqual([event.id]);
    },
  );

  test.prop({ events: runs, n: fc.nat() }, options)(
    "are refused where a worker is lied to, one call after the other",
    ({ events, n }) => {
      const refused = (e: Event) =>
        ["stale", "empty", "noop", "notReady"].includes(e.outcome!.result);
      const event = pick(events.filter(refused), n);
      const other = event && events.find((e) => e.action === event.action && !refused(e));
      fc.pre(other !== undefined);
      const lie = { ...event!, outcome: other.outcome } as Event;
      const { breach } = checkStorage(withEvent({ header, events }, lie));
      expect(breach!.event.id).toBe(event!.id);
    },
  );
});

describe("an enqueue that turned a job away", () => {
  test("may have asked for its key before that was given back", () => {
    expect(checkStorage(toldEarly([2, 9, 3])).breach).toBeNull();
  });

  test("did not if it began afterwards", () => {
    const { breach } = checkStorage(toldEarly([7, 9, 3]));
    expect(breach!.event.id).toBe(3);
  });
});
