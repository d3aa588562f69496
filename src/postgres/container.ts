import { randomBytes } from "node:crypto";
import { registerCleanup } from "../cleanup.js";
import { UserError } from "../errors.js";
import { asArguments, type Settings } from "./embedded.js";

/** Docker gives 64 MB, which the 128 MB of shared buffers and parallel queries outgrow. */
const SHARED_MEMORY_BYTES = 256 * 1024 * 1024;

/** How far a start has come. */
type Step = "pull" | "create" | "start";

const NO_DOCKER = [
  "No Docker is running here.",
  "Start Docker, or leave out --pg testcontainers to use an embedded Postgres.",
] as const;
const REMEDIES: Record<Step, (image: string) => string> = {
  pull: () => "See that the image exists and can be pulled (RINGPROOF_PG_IMAGE names another one).",
  create: () =>
    "Where testcontainers/ryuk cannot be pulled, set TESTCONTAINERS_RYUK_DISABLED=true.",
  start: (image) => `Start it by hand: docker run --rm -e POSTGRES_PASSWORD=secret ${image}`,
};

/** Enough to say why a start failed; a server may print for hours after that. */
const LOG_TAIL = 8_000;

export interface ContainerServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A Postgres in Docker, removed by `stop` and by a signal at any moment of its start; if this
 * process is killed, testcontainers' own reaper removes it.
 */
export async function startContainer(image: string, settings: Settings): Promise<ContainerServer> {
  // Loaded only when asked for: it brings the whole Docker client with it.
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  let created = Promise.resolve<string | undefined>(undefined);
  let settle: (id?: string) => void = () => undefined;
  let step: Step = "pull";
  let log = "";
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= created.then(remove));
  // Whoever interrupts a start is not told that the start failed.
  const unlessStopping = () => (stopping ? new Promise<never>(() => undefined) : undefined);

  class TrackedContainer extends PostgreSqlContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      await unlessStopping();
      step = "create";
      created = new Promise((resolve) => (settle = resolve));
    }
    protected override async containerCreated(id: string): Promise<void> {
      step = "start";
      settle(id);
      await unlessStopping();
    }
  }

  const unregister = registerCleanup(stop);
  try {
    // The port is open on every interface of this machine, so the password is nobody's guess.
    const container = await new TrackedContainer(image)
      .withPassword(randomBytes(18).toString("hex"))
      .withCommand(["postgres", ...asArguments(settings)])
      .withSharedMemorySize(SHARED_MEMORY_BYTES)
      .withLogConsumer((lines) => lines.on("data", (line) => (log = (log + line).slice(-LOG_TAIL))))
      .start();
    return { url: container.getConnectionUri(), stop: () => stop().finally(unregister) };
  } catch (cause) {
    settle();
    await unlessStopping();
    await stop().finally(unregister);
    throw explain(image, step, log, cause as Error);
  }
}

/** Whatever state it is in, with its volumes; it may be gone, or going, already. */
async function remove(id: string | undefined): Promise<void> {
  if (id === undefined) return;
  const { getContainerRuntimeClient } = await import("testcontainers");
  const container = (await getContainerRuntimeClient()).container.getById(id);
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    if (![404, 409].includes((error as { statusCode: number }).statusCode)) throw error;
  });
}

function explain(image: string, reached: Step, log: string, cause: Error): UserError {
  const { message } = cause;
  if (/container runtime/i.test(message)) return new UserError(...NO_DOCKER, { cause });
  const telling = log.match(/(FATAL|PANIC|error): .*/g)?.slice(0, 3);
  const plain = message.replace(/^\(HTTP code \d+\) [a-z ]+ - /, "").split("\n")[0] ?? "";
  const reason = `The container ${image} did not start: ${telling?.join("; ") ?? plain.trim()}`;
  // An image that the registry does not know is only missed when the container is created.
  const step = plain.includes(`No such image: ${image}`) ? "pull" : reached;
  return new UserError(reason, REMEDIES[step](image), { cause });
}
