/** Configurations that grow: one size after the other, from a small one on. */

/** Of a configuration: as many jobs, lanes, and slots of each ring. */
export interface Size {
  readonly jobs: number;
  readonly lanes: number;
  readonly slots: number;
}

const sizeOf = (jobs: number, lanes: number, slots: number): Size => ({ jobs, lanes, slots });

/** Of what there is more and more. */
export type Way = keyof Size;

/** Sizes, by what there is more of in each of them. */
export type Ways = Readonly<Partial<Record<Way, readonly Size[]>>>;

/** From two jobs in one lane and two slots on, more of one of them: further than anybody waits. */
export const ways: Required<Ways> = {
  jobs: [1, 2, 3, 4, 5, 6].map((jobs) => sizeOf(jobs, 1, 2)),
  lanes: [2, 4, 8, 16, 32].map((lanes) => sizeOf(2, lanes, 2)),
  slots: [3, 4, 5, 6, 7, 8, 9].map((slots) => sizeOf(2, 1, slots)),
};

/** What grows: batches of claims and completions, and the rings that they go round in. */
export const SEED_CFG = "batches.cfg";
/** What it is called once it has grown. */
export const GROWN_CFG = "grown.cfg";

/** The text of the configuration with other constants. */
export function grownText(cfg: string, { jobs, lanes, slots }: Size): string {
  const names = (count: number, name: (n: number) => string) =>
    `{${Array.from({ length: count }, (_, i) => name(i)).join(", ")}}`;
  const constants = {
    Jobs: names(jobs, (i) => `j${i + 1}`),
    Lanes: names(lanes, (i) => `"${String.fromCharCode(97 + i)}"`),
    QueueSlots: slots,
    ClaimSlots: slots,
    LeaseSlots: slots,
  };
  return Object.entries(constants).reduce((text, [name, value]) => {
    const line = new RegExp(`^  ${name} = .*$`, "m");
    if (!line.test(text)) throw new Error(`${SEED_CFG} sets no ${name}`);
    return text.replace(line, `  ${name} = ${value}`);
  }, cfg);
}

/** What a process says that has explored a configuration, and conformed to it. */
export interface Grown {
  readonly states: number;
  readonly edges: number;
  readonly depth: number;
  readonly seconds: number;
  /** Whether there was time, and memory, for all of it. */
  readonly whole: boolean;
  /** Null where not all states are known, or nobody asked. */
  readonly conformed: Conformed | null;
}

export interface Conformed {
  /** Databases of the configuration, and those among them that were walked. */
  readonly databases: number;
  readonly walked: number;
  /** Checks of a state and an action. */
  readonly checks: number;
  readonly seconds: number;
}
