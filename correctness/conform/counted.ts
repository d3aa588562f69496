/** What C3 counts for the coverage table. */

import type pg from "pg";
import { focusedModules } from "../../src/core/index.js";
import { Counts } from "../coverage/counts.js";
import { countLabels } from "../coverage/labels.js";
import { installHarness } from "./conform.js";
import type { Tally } from "./tally.js";

/** From here on executions of labelled statements are counted; the harness is as it was. */
export async function installCounters(client: pg.Client, schema: string): Promise<void> {
  await countLabels(client, schema);
  await installHarness(client, schema);
}

/** Actions, their answers and labels. */
export function countsOf({ results, labels }: Tally): Counts {
  const counts = new Counts();
  for (const [answer, n] of results) {
    const words = answer.split(" ");
    const named = words[0]! in focusedModules ? 2 : 1;
    const [action, word] = [words.slice(0, named), words.slice(named)].map((w) => w.join(" "));
    counts.answer("conform", action!, word!, n);
  }
  counts.all("conform", labels);
  return counts;
}
