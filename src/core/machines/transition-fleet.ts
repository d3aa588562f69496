/** The fleet of StorageTransition, its phases and its work: predicates and small changes. */

export interface TransitionConstants {
  readonly Jobs: readonly string[];
  readonly Periodic: readonly string[];
  readonly Producers: readonly string[];
  readonly Executors: readonly string[];
}

export const engines = ["canonical", "segmented"] as const;
export type Engine = (typeof engines)[number];
type Phase = "canonical" | "prepared" | "mixed" | "segmented";

/** What a process was last started for. */
interface Entry {
  readonly executor: string;
  readonly engine: Engine;
  readonly live: boolean;
}

/** `at` is ready, lost or done, or the executor that runs it. */
export interface WorkRow {
  readonly job: string;
  readonly engine: Engine;
  readonly at: string;
}

export interface TransitionState {
  readonly phase: Phase;
  /** The engine that each producer enqueues into. */
  readonly routes: Readonly<Record<string, Engine>>;
  readonly registry: readonly Entry[];
  readonly rows: readonly WorkRow[];
}

/** The engines whose jobs are handed out in a phase. */
export const works = (phase: Phase): readonly Engine[] => {
  if (phase === "mixed") return engines;
  return phase === "segmented" ? ["segmented"] : ["canonical"];
};

/** Those in which ended jobs are looked up. */
const reads = (phase: Phase): readonly Engine[] =>
  phase === "mixed" || phase === "segmented" ? engines : ["canonical"];

export const serving = ({ registry }: TransitionState, engine: Engine): readonly Entry[] =>
  registry.filter((x) => x.engine === engine && x.live);

/** What is still to be done in the engine that is to be given up. */
export const backlog = ({ rows }: TransitionState): readonly WorkRow[] =>
  rows.filter((r) => r.engine === "canonical" && r.at !== "done");

/** What an executor was running is lost when it goes, until somebody rescues it. */
export const lostBy = (rows: readonly WorkRow[], executor: string): readonly WorkRow[] =>
  rows.map((r) => (r.at === executor ? { ...r, at: "lost" } : r));

/** One row of the job in the place of another. */
export const replaced = (state: TransitionState, was: WorkRow, is: WorkRow): TransitionState => ({
  ...state,
  rows: state.rows.map((r) => (r === was ? is : r)),
});

/** The job has one row, and that where its phase looks for it. */
export function placed({ rows, phase }: TransitionState, job: string): boolean {
  const [row, ...more] = rows.filter((r) => r.job === job);
  const looked = row?.at === "done" ? reads(phase) : works(phase);
  return row !== undefined && more.length === 0 && looked.includes(row.engine);
}
