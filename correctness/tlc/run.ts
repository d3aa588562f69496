/**
 * Runs TLC and says what came out. TLC works on a copy of the modules in a temporary directory,
 * which also takes its metadata and the standard modules it unpacks: nothing is left beside the
 * spec, concurrent runs do not meet, and everything is removed however the run ends.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { constants, rmSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { withCleanup } from "../../src/cleanup.js";
import { UserError } from "../../src/errors.js";
import { readDot, type DotSink, type DotSummary } from "./dot.js";
import { CODE, MessageReader } from "./messages.js";
import { nameViolation } from "./names.js";
import { Outcome, type TlcProgress, type TlcResult } from "./outcome.js";
import { diskFull, problemOf, type Ending } from "./problems.js";
import { prepareWorkspace, type Model, type Workspace } from "./workspace.js";

export interface TlcOptions extends Model {
  readonly jar: string;
  readonly java: string;
  /** One by default: only then are depth and traces the shortest. */
  readonly workers?: number;
  readonly simulate?: { readonly traces: number; readonly depth?: number; readonly seed?: number };
  readonly dump?: DotSink;
  /** `false` turns the deadlock check off, whatever the cfg says. */
  readonly deadlock?: false;
  /** For runs of seconds: less time goes into compiling than a better compiler would save. */
  readonly short?: boolean;
  /** `false` makes TLC somewhat faster and leaves `coverage` empty. */
  readonly coverage?: false;
  readonly heapMb?: number;
  /** Told of the process of Java. */
  readonly onStarted?: (pid: number) => void;
  /** TLC reports after some seconds and then once a minute; the interval is fixed inside TLC. */
  readonly onProgress?: (progress: TlcProgress) => void;
  readonly signal?: AbortSignal;
  readonly timeoutSeconds?: number;
}

/** Everything a run has started and must take down again. */
class Run {
  readonly children = new Set<ChildProcess>();
  dir: string | undefined;

  /** Detached, so that a Ctrl-C reaches this process only, which then stops the others. */
  start(command: string, args: readonly string[], cwd: string): ChildProcess {
    const path = command.includes(sep) ? resolve(command) : command;
    const child = spawn(path, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.children.add(child);
    child.once("close", () => this.children.delete(child));
    return child;
  }

  kill(): void {
    for (const child of this.children) child.kill("SIGKILL");
  }

  /** The first half is synchronous, for the exit handler; the second is for everyone else. */
  async cleanUp(): Promise<void> {
    const closing = [...this.children].map(
      (child) => new Promise((closed) => child.once("close", closed)),
    );
    this.kill();
    const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;
    if (!this.dir) return;
    try {
      rmSync(this.dir, options);
    } catch {
      // Java may still be writing; the second half waits for it.
    }
    await Promise.all(closing);
    await rm(this.dir, options);
  }
}

/**
 * Where a temporal property is violated, two threads of TLC put the behaviour together from one
 * file, and on a busy machine about one run in 300 reads rubbish there, whatever comes of that. The
 * verdict stands; the behaviour takes another run. A dump has been read, and is not begun anew.
 */
const ATTEMPTS = 3;

export async function runTlc(opts: TlcOptions): Promise<TlcResult> {
  for (let left = opts.dump ? 1 : ATTEMPTS; ; left--) {
    const result = await runOnce(opts, left === 1);
    if (!result.behaviourLost || left === 1) return result;
  }
}

async function runOnce(opts: TlcOptions, last: boolean): Promise<TlcResult> {
  opts.signal?.throwIfAborted();
  const run = new Run();
  try {
    return await withCleanup(
      () => run.cleanUp(),
      async () => {
        run.dir = await mkdtemp(join(tmpdir(), "ringproof-tlc-"));
        return await modelCheck(opts, run, await prepareWorkspace(opts, run.dir), last);
      },
    );
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? diskFull(error) : error;
  }
}

function javaArguments(opts: TlcOptions, dir: string): string[] {
  const { simulate } = opts;
  return [
    ...(opts.short ? ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] : ["-XX:+UseParallelGC"]),
    "-XX:-UsePerfData",
    `-Djava.io.tmpdir=${dir}`,
    ...(opts.heapMb ? [`-Xmx${opts.heapMb}m`] : []),
    ...["-cp", resolve(opts.jar), "tlc2.TLC", "-tool"],
    ...["-metadir", join(dir, "meta"), "-checkpoint", "0"],
    ...["-workers", String(opts.workers ?? 1), "-config", "model.cfg"],
    // Liveness on the whole graph, and not also on what there is after some seconds.
    ...(simulate ? [] : ["-fp", "0", "-lncheck", "final"]),
    ...(opts.coverage === false ? [] : ["-coverage", "60"]),
    ...(opts.deadlock === false ? ["-deadlock"] : []),
    ...(opts.dump ? ["-dump", "dot,actionlabels", join(dir, "graph.dot")] : []),
    ...(simulate?.depth ? ["-depth", String(simulate.depth)] : []),
    ...(simulate?.seed !== undefined ? ["-seed", String(simulate.seed)] : []),
    ...(simulate ? ["-simulate", `num=${simulate.traces}`] : []),
    opts.module,
  ];
}

async function modelCheck(
  opts: TlcOptions,
  run: Run,
  workspace: Workspace,
  last: boolean,
): Promise<TlcResult> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const outcome = new Outcome();
  let failure: string | undefined;
  let sinkError: unknown;
  let graph: DotSummary | undefined;

  const stop = () => run.kill();
  const timer =
    opts.timeoutSeconds &&
    setTimeout(() => {
      failure = `stopped after ${opts.timeoutSeconds} seconds`;
      stop();
    }, opts.timeoutSeconds * 1000);
  opts.signal?.addEventListener("abort", stop);
  try {
    const dump = opts.dump && (await openGraph(run, workspace.dir, opts.dump));
    dump?.done.catch((error: unknown) => {
      sinkError = error;
      stop();
    });
    opts.signal?.throwIfAborted();
    const java = run.start(opts.java, javaArguments(opts, workspace.dir), workspace.dir);
    if (java.pid !== undefined) opts.onStarted?.(java.pid);
    const ending = await follow(java, opts, outcome);
    graph = await dump?.close();
    opts.signal?.throwIfAborted();
    if (sinkError !== undefined) throw sinkError;
    const problem = failure === undefined && problemOf(ending);
    if (problem && (last || !outcome.behaviourLost)) throw problem;
  } finally {
    clearTimeout(timer || undefined);
    opts.signal?.removeEventListener("abort", stop);
  }
  const result = { ...outcome.result(seconds(), failure), ...(graph && { graph }) };
  if (!result.violated) return result;
  return { ...result, violated: nameViolation(result.violated, workspace.cfg, workspace.modules) };
}

/** Reads the dump while TLC writes it, through a FIFO: the graph never takes room on a disk. */
async function openGraph(run: Run, dir: string, sink: DotSink) {
  const fifo = join(dir, "graph.dot");
  await promisify(execFile)("mkfifo", [fifo]);
  const reader = run.start("cat", [fifo], dir);
  const done = readDot(reader.stdout!, sink);
  /**
   * If TLC never opened its end, this unblocks the reader. One that has not opened its own end yet
   * would wait for ever: it is ended, and so is none that has read all there is.
   */
  const close = async () => {
    const end = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (end) await end.close();
    else reader.kill("SIGKILL");
    return done.catch(() => undefined);
  };
  return { done, close };
}

async function follow(java: ChildProcess, opts: TlcOptions, outcome: Outcome): Promise<Ending> {
  const sany: string[] = [];
  const other: string[] = [];
  let parsing = false;
  const messages = new MessageReader((message) => {
    if (message.code === CODE.sanyStart) parsing = true;
    if (message.code === CODE.sanyEnd) parsing = false;
    if (message.code === undefined) (parsing ? sany : other).push(message.text);
    const progress = outcome.accept(message);
    if (progress) opts.onProgress?.(progress);
  });
  const [exitCode, killedBy] = await Promise.all([
    new Promise<[number | null, NodeJS.Signals | null]>((done, reject) => {
      java.once("error", (cause) =>
        reject(new UserError(`cannot start ${opts.java}`, "Check the path.", { cause })),
      );
      java.once("close", (code, signal) => done([code, signal]));
    }),
    readLines(java.stdout!, (line) => messages.line(line)),
    readLines(java.stderr!, (line) => other.push(line)),
  ]).then(([exit]) => exit);
  messages.end();
  const cfg = basename(opts.cfg);
  return { exitCode, killedBy, errors: outcome.errors, sany, other, module: opts.module, cfg };
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}
