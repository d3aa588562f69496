import { UserError } from "../errors.js";
import { registerCleanup } from "../cleanup.js";
import type { Settings } from "./embedded.js";

/** Docker gives 64 MB, which the 128 MB of shared buffers and parallel queries outgrow. */
const SHARED_MEMORY_BYTES = 256 * 1024 * 1024;

export interface ContainerServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Postgres in Docker; testcontainers' own reaper removes it if this process cannot. */
export async function startContainer(image: string, settings: Settings): Promise<ContainerServer> {
  // Loaded only when asked for: it brings the whole Docker client with it.
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  try {
    const container = await new PostgreSqlContainer(image)
      .withCommand(["postgres", ...flags])
      .withSharedMemorySize(SHARED_MEMORY_BYTES)
      .start();
    let stopping: Promise<void> | undefined;
    const stop = () => (stopping ??= container.stop().then(() => undefined));
    const unregister = registerCleanup(stop);
    return { url: container.getConnectionUri(), stop: () => stop().finally(unregister) };
  } catch (cause) {
    const { message } = cause as Error;
    if (/container runtime/i.test(message)) {
      const remedy = "Start Docker, or leave out --pg testcontainers to use an embedded Postgres.";
      throw new UserError("No Docker is running here.", remedy, { cause });
    }
    throw new UserError(
      `The container ${image} did not start: ${message.split("\n")[0] ?? ""}`,
      "See that the image exists and can be pulled (RINGPROOF_PG_IMAGE names another one).",
      { cause },
    );
  }
}
