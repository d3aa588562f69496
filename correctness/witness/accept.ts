/** TLC's word on witnesses: one run for all of them, on a module that is written for it. */

import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { State } from "../../src/core/index.js";
import { withCleanup } from "../../src/cleanup.js";
import type { RunContext } from "../claims.js";
import { readCfg, specDir } from "../explore/scope.js";
import { readTlaState } from "../explore/tla-state.js";
import { runTlc } from "../tlc/run.js";
import { findTools } from "../tlc/suite.js";
import { parseState } from "../tlc/values.js";
import { cfgText, moduleName, moduleText, type ConstantsOf, type Recorded } from "./module.js";

/** The first step that is none of the spec; 0 is the initial state. */
export interface Rejected {
  readonly step: number;
  /** Where the action leads in TLC; null where it is not enabled. */
  readonly instead: State | null;
}

/** How far TLC came with each witness: null where it took every step. */
export async function acceptedByTlc(
  all: readonly Recorded[],
  context: RunContext,
): Promise<ReadonlyMap<string, Rejected | null>> {
  const reached = await follow(all, context);
  return new Map(all.map(({ name, trace }) => [name, verdict(trace.length, reached.get(name))]));
}

/** The states that TLC reached with one witness, by step. */
type Reached = ReadonlyMap<number, { readonly same: boolean; readonly text: string }>;

function verdict(length: number, reached: Reached = new Map()): Rejected | null {
  let step = 0;
  while (reached.get(step)?.same) step++;
  if (step === length) return null;
  const other = reached.get(step);
  return { step, instead: other ? readTlaState(other.text) : null };
}

async function follow(
  all: readonly Recorded[],
  context: RunContext,
): Promise<ReadonlyMap<string, Reached>> {
  const { jar, java } = await findTools(context);
  const reached = new Map<string, Map<number, { same: boolean; text: string }>>();
  const onState = (_: string, text: string) => {
    const { witness, step, same } = parseState(text);
    const steps = reached.get(witness as string) ?? new Map();
    reached.set(witness as string, steps.set(step as number, { same: same as boolean, text }));
  };
  const dir = mkdtempSync(join(tmpdir(), "ringproof-witness-"));
  const result = await withCleanup(
    () => rmSync(dir, { recursive: true, force: true }),
    async () => {
      await writeFile(join(dir, `${moduleName}.tla`), moduleText(all, await constantsOf(all)));
      await writeFile(join(dir, "witnesses.cfg"), cfgText);
      return runTlc({
        jar: jar.path,
        java: java.path,
        specDir: dir,
        libraries: [specDir()],
        module: moduleName,
        cfg: join(dir, "witnesses.cfg"),
        short: true,
        coverage: false,
        dump: { onState, onEdge: () => undefined },
        signal: context.signal,
      });
    },
  );
  if (result.verdict === "holds") return reached;
  throw new Error(`TLC did not finish the witnesses: ${result.messages.join("\n")}`);
}

async function constantsOf(all: readonly Recorded[]): Promise<ConstantsOf> {
  const names = [...new Set(all.map((w) => w.configuration))];
  const read = async (name: string) => [name, (await readCfg(`${name}.cfg`)).constants] as const;
  return new Map(await Promise.all(names.map(read)));
}
