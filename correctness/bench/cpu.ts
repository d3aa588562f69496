/** How long the processes of a server have computed, as Linux tells it. */

import { readdir, readFile } from "node:fs/promises";

/** Of the kernel's clock that /proc counts in. */
const TICK_MS = 10;

interface Usage {
  readonly parent: number;
  /** Its own, and that of its children that have ended, in ticks. */
  readonly own: number;
  readonly ended: number;
}

async function usageOf(pid: number): Promise<Usage | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The name of the program may hold anything, and ends with the last parenthesis.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [utime, stime, cutime, cstime] = fields.slice(11, 15) as [number, number, number, number];
  return { parent: fields[1]!, own: utime + stime, ended: cutime + cstime };
}

/**
 * Of a process and its children, those that have ended included, in milliseconds since it was
 * started; without the child that is named. Null elsewhere than on Linux.
 */
export async function cpuOf(server: number, without?: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0 && pid !== without);
  const usages = await Promise.all(pids.map(async (pid) => [pid, await usageOf(pid)] as const));
  const ticks = usages.map(([pid, usage]) => {
    if (pid === server) return usage!.own + usage!.ended;
    return usage?.parent === server ? usage.own : 0;
  });
  return TICK_MS * ticks.reduce((sum, some) => sum + some, 0);
}
