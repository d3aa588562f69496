import { UserError } from "../errors.js";

/** Where Postgres comes from. */
export type PgSource =
  | { readonly kind: "embedded" }
  | { readonly kind: "url"; readonly url: string; readonly from: "--pg" | "DATABASE_URL" }
  | { readonly kind: "testcontainers"; readonly image: string };

const DEFAULT_IMAGE = "postgres:18-alpine";
const REMEDY = "Pass postgresql://user@host:port/database, testcontainers or embedded.";

/** The flag decides; without one DATABASE_URL does; without that, Postgres is embedded. */
export function parsePgSource(flag: string | undefined, env: NodeJS.ProcessEnv): PgSource {
  if (flag === undefined) {
    const url = env["DATABASE_URL"];
    return url ? parseUrl(url, "DATABASE_URL") : { kind: "embedded" };
  }
  if (flag === "embedded") return { kind: "embedded" };
  if (flag === "testcontainers") {
    return { kind: "testcontainers", image: env["RINGPROOF_PG_IMAGE"] || DEFAULT_IMAGE };
  }
  return parseUrl(flag, "--pg");
}

/** The value may hold a password, so no message repeats it. */
function parseUrl(url: string, from: "--pg" | "DATABASE_URL"): PgSource {
  if (/^postgres(ql)?:\/\/\S+$/.test(url)) return { kind: "url", url, from };
  throw new UserError(`The value of ${from} is not the address of a Postgres.`, REMEDY);
}

/** What names the same Postgres once more, fit to be shown: an address without its password. */
export function withoutPassword(where: string): string {
  const [, before = where, after = ""] = /^(\w+:\/\/[^/?#:]*):[^/?#]*(@.*)$/.exec(where) ?? [];
  return `${before}${after}`.replace(/([?&])password=[^&]*&?/g, "$1").replace(/[?&]$/, "");
}
