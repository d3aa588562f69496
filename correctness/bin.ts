#!/usr/bin/env node
import { registerCleanup } from "../src/cleanup.js";
import { main, problemText } from "./cli.js";
import { claims } from "./registry.js";

const stop = new AbortController();

/** The work hears of a signal first; then the cleanups end everything it started, and exit. */
function interruption(): AbortSignal {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stop.abort());
  registerCleanup(() => undefined);
  return stop.signal;
}

/** Who reads our output may stop reading, as `head` does. */
function output(stream: NodeJS.WriteStream) {
  stream.on("error", () => undefined);
  const write = (text: string) => void stream.write(text);
  return { terminal: stream.isTTY ? stream : null, write };
}

const err = output(process.stderr);

// Without this Node would exit with 1, which means that a claim is violated.
process.on("uncaughtException", (error) => {
  if (stop.signal.aborted) return;
  err.write(problemText(error));
  process.exit(2);
});

const io = { out: output(process.stdout), err, env: process.env, interruption };
process.exitCode = await main(process.argv.slice(2), io, claims);
