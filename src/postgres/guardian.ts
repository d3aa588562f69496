import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/**
 * Removes a directory, and stops the process that works in it, when this process ends: on request,
 * on a signal, on a crash, on SIGKILL. A shell waits for the end of a pipe that only we hold.
 */
export interface Guardian {
  /** This is the process to stop, unless it is too late; one that exits is forgotten. */
  watch(child: ChildProcess): boolean;
  /** Stops and removes; returns when that is done. */
  release(): Promise<void>;
}

/** The last line read is the process to stop. SIGQUIT makes Postgres leave without a checkpoint. */
const SCRIPT = `
trap "" INT TERM HUP
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -QUIT "$pid"; then
  tries=0
  while [ -e "$1/data/postmaster.pid" ] && [ $tries -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  [ ! -e "$1/data/postmaster.pid" ] || kill -KILL "$pid"
fi
tries=0
until rm -rf -- "$1" || [ $tries -ge 50 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
`;

export function guard(directory: string): Guardian {
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "ringproof-guardian", directory], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const pipe = shell.stdin as Socket;
  const ended = once(shell, "exit");
  let watched: ChildProcess | undefined;
  pipe.on("error", () => undefined);
  pipe.unref();
  shell.unref();
  return {
    watch(child) {
      if (!pipe.writable) return false;
      watched = child;
      pipe.write(`${child.pid ?? ""}\n`);
      child.once("exit", () => pipe.writable && pipe.write("\n"));
      return true;
    },
    async release() {
      pipe.end();
      shell.ref();
      await ended;
      watched?.ref();
      if (watched) await exited(watched);
    },
  };
}

export async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
