/** How much memory a process has taken, as Linux tells it. */

import { readFileSync } from "node:fs";

const EVERY_MS = 100;
const KIB = 1024;

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
