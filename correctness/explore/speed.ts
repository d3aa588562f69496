/** The explorer beside TLC with two workers, on the same configuration in the same run. */

import type { Context, Row } from "../claims.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { runEntry } from "../tlc/suite.js";
import { explore } from "./explorer.js";
import { readModel } from "./model.js";

const WORKERS = 2;

/** A row with both rates; it does not hold if the core is the slower one. */
export async function speedRow(entry: ManifestEntry, context: Context): Promise<Row> {
  const { machine } = await readModel(entry);
  const tlc = await runEntry(entry, context, { workers: WORKERS, coverage: false });
  const core = explore(machine);
  const rates = [tlc.distinct / tlc.seconds, core.states.length / core.seconds] as const;
  return {
    name: `speed on ${entry.name}`,
    verdict: rates[1] >= rates[0] ? "holds" : "violated",
    seconds: tlc.seconds + core.seconds,
    facts: {
      "TLC states/s": Math.round(rates[0]),
      "core states/s": Math.round(rates[1]),
      "core/TLC": (rates[1] / rates[0]).toFixed(1),
    },
  };
}
