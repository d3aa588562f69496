/**
 * What must not outlive this process: child processes, temporary directories, servers. A cleanup
 * registered here runs once, whether the work ends, the process exits, or a signal arrives.
 */
export type Cleanup = () => void | Promise<void>;

const LIMIT_MS = 10_000;
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;
const SIGNALS = Object.keys(EXIT_CODES) as StopSignal[];

const registered = new Set<Cleanup>();
let stopping: Promise<never> | undefined;

/** Registers a cleanup for exit and signals; returns the function that unregisters it unrun. */
export function registerCleanup(cleanup: Cleanup): () => void {
  const entry: Cleanup = () => cleanup();
  if (registered.size === 0) listen();
  registered.add(entry);
  return () => {
    if (registered.delete(entry) && registered.size === 0 && !stopping) stopListening();
  };
}

/**
 * Runs `body`, then `cleanup`, whatever happens. When a signal has already begun to stop the
 * process, the caller is never resumed: it would report the consequences of its own interruption.
 */
export async function withCleanup<T>(cleanup: Cleanup, body: () => Promise<T>): Promise<T> {
  let done: Promise<void> | undefined;
  const once = () => (done ??= Promise.resolve(cleanup()));
  const unregister = registerCleanup(once);
  try {
    return await body();
  } finally {
    if (stopping) await stopping;
    unregister();
    await once();
  }
}

function listen(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("exit", runSynchronousParts);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off("exit", runSynchronousParts);
}

function onSignal(signal: NodeJS.Signals): void {
  const code = EXIT_CODES[signal as StopSignal];
  if (stopping) return process.exit(code);
  stopping = stop(code);
}

async function stop(code: number): Promise<never> {
  setTimeout(() => process.exit(code), LIMIT_MS);
  for (let cleanup = takeLast(); cleanup; cleanup = takeLast()) {
    try {
      await cleanup();
    } catch (error) {
      process.stderr.write(`cleaning up: ${String(error)}\n`);
    }
  }
  process.exit(code);
}

/** At exit nothing can be awaited, so a cleanup does its killing and removing before it awaits. */
function runSynchronousParts(): void {
  for (let cleanup = takeLast(); cleanup; cleanup = takeLast()) {
    try {
      void Promise.resolve(cleanup()).catch(() => undefined);
    } catch {
      // The process is ending: there is nobody left to tell, and the next cleanup must still run.
    }
  }
}

function takeLast(): Cleanup | undefined {
  const last = [...registered].at(-1);
  if (last) registered.delete(last);
  return last;
}
