#!/usr/bin/env node
import { main } from "./cli.js";
import { registerCleanup } from "../src/cleanup.js";
import { claims } from "./registry.js";

const output = (stream: NodeJS.WriteStream) => ({
  terminal: stream.isTTY === true,
  write: (text: string) => void stream.write(text),
});

// From now on a signal ends the program only after everything it started is gone.
registerCleanup(() => undefined);
const io = { out: output(process.stdout), err: output(process.stderr), env: process.env };
process.exitCode = await main(process.argv.slice(2), io, claims);
