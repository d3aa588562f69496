/** A live fleet that moves to another storage engine, twin of StorageTransition.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";
import {
  backlog,
  engines,
  lostBy,
  placed,
  replaced,
  serving,
  works,
  type Engine,
  type TransitionConstants,
  type TransitionState,
  type WorkRow,
} from "./transition-fleet.js";

type Constants = TransitionConstants;
type Action<A extends object = object> = FocusedAction<TransitionState, Constants, A>;
type JobAction = Action<{ readonly job: string }>;

const allTo = (engine: Engine, { routes }: TransitionState): TransitionState["routes"] =>
  Object.fromEntries(Object.keys(routes).map((producer) => [producer, engine]));

const Prepare: Action = {
  candidates: () => [{}],
  step(state) {
    if (state.phase !== "canonical") return { outcome: { result: "noop" }, state };
    return { outcome: { result: "prepared" }, state: { ...state, phase: "prepared" } };
  },
};

/** Only with an executor of the new engine that is alive. */
const EnterMixed: Action = {
  candidates: () => [{}],
  step(state) {
    if (state.phase !== "prepared") return { outcome: { result: "noop" }, state };
    if (serving(state, "segmented").length === 0)
      return { outcome: { result: "refused", reason: "noExecutor" }, state };
    return { outcome: { result: "entered" }, state: { ...state, phase: "mixed" } };
  },
};

const Switch: Action<{ readonly producer: string }> = {
  candidates: ({ Producers }) => Producers.map((producer) => ({ producer })),
  step(state, { producer }) {
    if (state.phase !== "mixed" || state.routes[producer] === "segmented")
      return { outcome: { result: "noop" }, state };
    const routes = { ...state.routes, [producer]: "segmented" as const };
    return { outcome: { result: "switched" }, state: { ...state, routes } };
  },
};

const Finalise: Action = {
  candidates: () => [{}],
  step(state) {
    const refused = (reason: string) => ({ outcome: { result: "refused", reason }, state });
    if (state.phase !== "mixed") return { outcome: { result: "noop" }, state };
    if (backlog(state).length > 0) return refused("backlog");
    if (Object.values(state.routes).includes("canonical")) return refused("producers");
    if (serving(state, "canonical").length > 0) return refused("executors");
    return { outcome: { result: "finalised" }, state: { ...state, phase: "segmented" } };
  },
};

/** Not even an ended job may be in the new engine. */
const Abort: Action = {
  candidates: () => [{}],
  step(state) {
    if (state.phase !== "prepared" && state.phase !== "mixed")
      return { outcome: { result: "noop" }, state };
    if (state.rows.some((r) => r.engine === "segmented"))
      return { outcome: { result: "refused", reason: "rows" }, state };
    const routes = allTo("canonical", state);
    return { outcome: { result: "aborted" }, state: { ...state, phase: "canonical", routes } };
  },
};

const Start: Action<{ readonly executor: string; readonly engine: Engine }> = {
  candidates: ({ Executors }) =>
    Executors.flatMap((executor) => engines.map((engine) => ({ executor, engine }))),
  step(state, { executor, engine }) {
    const gone = engine === "canonical" ? "segmented" : "canonical";
    if (state.phase === gone) return { outcome: { result: "noEngine" }, state };
    if (serving(state, engine).some((x) => x.executor === executor))
      return { outcome: { result: "noop" }, state };
    const others = state.registry.filter((x) => x.executor !== executor);
    const registry = [...others, { executor, engine, live: true }];
    const rows = lostBy(state.rows, executor);
    return { outcome: { result: "started" }, state: { ...state, registry, rows } };
  },
};

/** The entry in the registry stays. */
const Stop: Action<{ readonly executor: string }> = {
  candidates: ({ Executors }) => Executors.map((executor) => ({ executor })),
  step(state, { executor }) {
    const entry = state.registry.find((x) => x.executor === executor && x.live);
    if (!entry) return { outcome: { result: "noop" }, state };
    const registry = state.registry.map((x) => (x === entry ? { ...x, live: false } : x));
    const rows = lostBy(state.rows, executor);
    return { outcome: { result: "stopped" }, state: { ...state, registry, rows } };
  },
};

const Enqueue: Action<{ readonly producer: string; readonly job: string }> = {
  candidates: ({ Producers, Jobs }) =>
    Producers.flatMap((producer) => Jobs.map((job) => ({ producer, job }))),
  step(state, { producer, job }) {
    if (state.rows.some((r) => r.job === job)) return { outcome: { result: "known" }, state };
    const row = { job, engine: state.routes[producer]!, at: "ready" };
    return { outcome: { result: "enqueued" }, state: { ...state, rows: [...state.rows, row] } };
  },
};

const Claim: Action<{ readonly executor: string; readonly job: string }> = {
  candidates: ({ Executors, Jobs }) =>
    Executors.flatMap((executor) => Jobs.map((job) => ({ executor, job }))),
  step(state, { executor, job }) {
    const row = state.rows.find(
      ({ job: j, engine, at }) =>
        j === job &&
        at === "ready" &&
        works(state.phase).includes(engine) &&
        serving(state, engine).some((x) => x.executor === executor),
    );
    if (!row) return { outcome: { result: "empty" }, state };
    return {
      outcome: { result: "claimed" },
      state: replaced(state, row, { ...row, at: executor }),
    };
  },
};

const jobs = ({ Jobs }: Constants) => Jobs.map((job) => ({ job }));

/** What becomes of a job that is run, if it is one that ends so. */
const ending = (
  result: string,
  periodic: boolean,
  end: (row: WorkRow, state: TransitionState) => WorkRow,
): JobAction => ({
  candidates: jobs,
  step(state, { job }, { Periodic, Executors }) {
    const row = state.rows.find((r) => r.job === job && Executors.includes(r.at));
    if (!row || Periodic.includes(job) !== periodic) return { outcome: { result: "stale" }, state };
    return { outcome: { result }, state: replaced(state, row, end(row, state)) };
  },
});

const Complete = ending("completed", false, (row) => ({ ...row, at: "done" }));

/** A mixed fleet never puts anything back into the old engine. */
const Reschedule = ending("rescheduled", true, (row, { phase }) => ({
  ...row,
  engine: phase === "mixed" ? "segmented" : row.engine,
  at: "ready",
}));

const Rescue: JobAction = {
  candidates: jobs,
  step(state, { job }) {
    const row = state.rows.find((r) => r.job === job && r.at === "lost");
    if (!row) return { outcome: { result: "noop" }, state };
    return { outcome: { result: "rescued" }, state: replaced(state, row, { ...row, at: "ready" }) };
  },
};

export const storageTransition: FocusedModel<TransitionState, Constants> = {
  initial: ({ Producers }) => ({
    phase: "canonical",
    routes: Object.fromEntries(Producers.map((producer) => [producer, "canonical"])),
    registry: [],
    rows: [],
  }),
  actions: {
    Prepare,
    EnterMixed,
    Switch,
    Finalise,
    Abort,
    Start,
    Stop,
    Enqueue,
    Claim,
    Complete,
    Reschedule,
    Rescue,
  },
  drained: ({ phase }) => phase === "segmented",
  invariants: {
    NobodyLeftBehind: {
      loss: "a process goes on for ever working for an engine that was given up",
      holds: (state) => state.phase !== "segmented" || serving(state, "canonical").length === 0,
    },
  },
  stepProperties: {
    WorkConserved: {
      loss: "a job is in an engine that nobody works on any more, or in both, and runs twice",
      holds: (before, after) =>
        [...before.rows, ...after.rows].every(({ job }) => placed(after, job)),
    },
    ServedAtEntry: {
      loss: "jobs go where nobody takes them, from the first moment on",
      holds: (before, after) =>
        works(after.phase)
          .filter((engine) => !works(before.phase).includes(engine))
          .every((engine) => serving(after, engine).length > 0),
    },
  },
  liveness: {
    BacklogDrains: {
      loss: "the fleet stays mixed for ever: the old engine is never empty, and never given up",
    },
  },
};
