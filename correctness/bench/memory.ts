/** How much memory a process has taken, as Linux tells it. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { withCleanup } from "../../src/cleanup.js";
import { packageRoot } from "../../src/package-root.js";

const EVERY_MS = 100;
const KIB = 1024;
const MIB = 1024 * KIB;

/** The most that it ever had resident so far, in bytes; null elsewhere, or once it has ended. */
function peakOf(pid: number): number | null {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found && Number(found[1]) * KIB;
  } catch {
    return null;
  }
}

/** Watches processes while they run. */
export class PeakMemory {
  /** Of the greatest of them, in bytes; null where nobody tells. */
  bytes: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  watch(pid: number): void {
    const look = () => {
      const peak = peakOf(pid);
      if (peak !== null) this.bytes = Math.max(this.bytes ?? 0, peak);
    };
    clearInterval(this.timer);
    this.timer = setInterval(look, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Told of a process once it is started. */
type Started = (pid: number) => void;

/** What comes of a run, and the peak of the processes that it tells of. */
export function withPeak<T>(
  run: (started: Started) => Promise<T>,
): Promise<{ readonly result: T; readonly bytes: number | null }> {
  const peak = new PeakMemory();
  return withCleanup(
    () => peak.stop(),
    async () => ({ result: await run((pid) => peak.watch(pid)), bytes: peak.bytes }),
  );
}

/** Of the machine's memory, for the heap of a program that may need it. */
const MOST = 0.75;

/** What a program of this folder says, in a process of its own: its memory is its own. */
export function saidBy(
  program: string,
  args: readonly string[],
  { started, signal }: { readonly started: Started; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const file = join(packageRoot(), "dist", "correctness", "bench", program);
  const heap = `--max-old-space-size=${Math.floor((totalmem() * MOST) / MIB)}`;
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, [heap, file, ...args], { signal }, (error, out) =>
      error ? fail(error) : done(out),
    );
    if (child.pid !== undefined) started(child.pid);
  });
}
