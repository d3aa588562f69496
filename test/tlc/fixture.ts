import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { findJar } from "../../correctness/tlc/jar.js";
import { findJava } from "../../correctness/tlc/java.js";
import { runTlc, type TlcOptions } from "../../correctness/tlc/run.js";

/** A directory that lives as long as the test. */
export async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A program of the shell. */
export async function executable(path: string, ...lines: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${lines.join("\n")}\n`);
  await chmod(path, 0o755);
}

/**
 * Two jobs go in and out of a set. Small enough for TLC to finish at once, rich enough to have
 * records, functions, sets and strings that need escaping in a label.
 */
export const SHELF = String.raw`---- MODULE Shelf ----
EXTENDS Naturals, FiniteSets, Sequences, TLC
CONSTANTS Jobs, Max
ASSUME MaxIsSmall == Max < 9
VARIABLES db, env
vars == <<db, env>>
Init == /\ db = [ready |-> {}, heads |-> [q \in {"a"} |-> 0], log |-> <<>>]
        /\ env = [held |-> {}]
Add(j) == /\ Cardinality(db.ready) < Max
          /\ db' = [db EXCEPT !.ready = @ \cup {[job |-> j, name |-> "x\"y\\z -> /\\ "]}]
          /\ env' = env
Take(j, n) == /\ \E r \in db.ready : r.job = j
              /\ db' = [db EXCEPT !.ready = {r \in @ : r.job /= j}, !.heads["a"] = (@ + n) % 3]
              /\ env' = [env EXCEPT !.held = {j}]
Look == UNCHANGED vars
Next == \/ \E j \in Jobs : Add(j)
        \/ \E j \in Jobs, n \in {1} : Take(j, n)
        \/ Look
Spec == Init /\ [][Next]_vars
Symmetric == Permutations(Jobs)
InBounds == db.heads["a"] < 2
NeverTwo == Cardinality(db.ready) < 2
NotASeat == db.seat = 1
OneAtATime == [][Cardinality(db'.ready) <= 1]_vars
Empties == [](Cardinality(db.ready) = 1 => <>(db.ready = {}))
StartsFull == db.ready /= {} /\ [][TRUE]_vars
====
`;

export const SHELF_CFG = `CONSTANTS
  Jobs = {j1, j2}
  Max = 2
SPECIFICATION Spec
CHECK_DEADLOCK FALSE
`;

/** Counts to five and falls back; the abstract counter never goes back. */
export const COUNTER = String.raw`---- MODULE Counter ----
EXTENDS Naturals
CONSTANT Stride
VARIABLE x
Init == x = 0
Step == x < 5 /\ x' = x + Stride
Back == x = 5 /\ x' = 3
Next == Step \/ Back
Spec == Init /\ [][Next]_x
Fair == Spec /\ WF_x(Next)
Abstract == INSTANCE Upward WITH n <- x
Refines == Abstract!Spec
StaysSmall == [][x' < 100]_x

\* Otherwise it falls below where it started.
StaysUp ==
  [][x' >= 0]_x

\* Otherwise it never comes to rest.
Settles == <>[](x = 5)
====
`;

export const UPWARD = String.raw`---- MODULE Upward ----
EXTENDS Naturals
VARIABLE n
Init == n = 0
Next == n' > n
Spec == /\ Init
        /\ [][Next]_n
====
`;

export async function writeSpec(specDir: string, modules: Record<string, string>, cfg: string) {
  for (const [name, text] of Object.entries(modules)) {
    await writeFile(join(specDir, `${name}.tla`), text);
  }
  await writeFile(join(specDir, "test.cfg"), cfg);
  return { specDir, cfg: join(specDir, "test.cfg"), module: Object.keys(modules)[0]! };
}

/** These specs are done before Java's second compiler pays off. */
const ONE_COMPILER = "-XX:TieredStopAtLevel=1";

/** Runs TLC on modules of which the first is the root. */
export async function run(
  modules: Record<string, string>,
  cfg: string,
  options: Partial<TlcOptions> = {},
) {
  process.env["JAVA_TOOL_OPTIONS"] = ONE_COMPILER;
  const [jar, java] = [await findJar(), await findJava()];
  const dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  try {
    const written = await writeSpec(dir, modules, cfg);
    return await runTlc({ jar: jar.path, java: java.path, ...written, ...options });
  } finally {
    await rm(dir, { recursive: true });
  }
}
