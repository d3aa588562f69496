/** A run, or why there is none to tell: a story does not end where Java is missing. */

import { UserError } from "../../src/errors.js";
import type { Run } from "./story.js";

interface Told {
  readonly run: Run | null;
  readonly whyNoRun?: string;
}

export async function told(run: () => Promise<Run> | null, otherwise: string): Promise<Told> {
  try {
    const found = await run();
    return found ? { run: found } : { run: null, whyNoRun: otherwise };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { run: null, whyNoRun: `${error.message} ${error.remedy}` };
  }
}
