/** ringproof as a library: the engine over `pg`, its install, and the model it is held equal to. */

export { UserError } from "./errors.js";
export * as core from "./core/index.js";
export {
  connect,
  openPostgres,
  parsePgSource,
  type PgSource,
  type PostgresServer,
} from "./postgres/server.js";
export { install, uninstall, type InstallOptions, type Installed } from "./postgres/install.js";
export { audit, type AuditOptions, type AuditResult } from "./postgres/audit.js";
export { grant, type GrantOptions } from "./postgres/grants.js";
export type { Task } from "./postgres/tasks.js";
export { ClaimerLeases } from "./postgres/claimers.js";
export { Lanes, type LaneChoice } from "./postgres/lanes.js";
export { RescuePasses } from "./postgres/rescue-passes.js";
export * from "./postgres/storage.js";
export type { WorkerToken } from "./postgres/statements.js";
export { route, type Route } from "./route.js";
