/** What was measured, and on what, in sentences. */

import { availableParallelism, cpus } from "node:os";
import type { BenchOptions, Surroundings } from "./bench.js";
import { terms } from "./round.js";

export const processor = (): Pick<Surroundings, "cpu" | "cores"> => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
});

export const processorText = ({ cpu, cores } = processor()): string => `${cpu}, ${cores} cores`;

export const machineText = ({ load, server, nodeVersion, ...own }: Surroundings): string =>
  `${processorText(own)}, load ${load.toFixed(1)} before it; ${server}; Node ${nodeVersion}`;

export const settingsText = ({ settings }: Surroundings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

export const roundsText = (rounds: number): string =>
  rounds === 1 ? "One round" : `Medians of ${rounds} rounds`;

export const sizesText = ({ jobs, rounds, seconds }: BenchOptions): string =>
  [
    roundsText(rounds),
    `backlogs of ${jobs.toLocaleString("en")} jobs`,
    `${seconds} seconds of offers`,
    `calls of at most ${terms.batch} jobs`,
    `${terms.workers} workers`,
  ].join(", ");

/** The command line that measures the same. */
export function commandOf({ rounds, jobs, seconds, only }: BenchOptions, all: number): string {
  const part = only.length === all ? "" : ` --only ${only.join(" ")}`;
  return `ringproof bench --rounds ${rounds} --jobs ${jobs} --seconds ${seconds}${part}`;
}
