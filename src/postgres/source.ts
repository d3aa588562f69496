import { UserError } from "../errors.js";
import { SHIPPED } from "./versions.js";

/** Where Postgres comes from, and of which major version it must be: any, unless given. */
export type PgSource = Origin & { readonly version?: number };

type Origin =
  | { readonly kind: "embedded" }
  | { readonly kind: "url"; readonly url: string; readonly from: "--pg" | "DATABASE_URL" }
  | { readonly kind: "testcontainers"; readonly image: string };

const REMEDY = "Pass postgresql://user@host:port/database, testcontainers or embedded.";

/** The flag decides; without one DATABASE_URL does; without that, Postgres is embedded. */
export function parsePgSource(
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  version?: number,
): PgSource {
  const origin = parseOrigin(flag, env, version);
  return version === undefined ? origin : { ...origin, version };
}

function parseOrigin(flag: string | undefined, env: NodeJS.ProcessEnv, version = SHIPPED): Origin {
  if (flag === undefined) {
    const url = env["DATABASE_URL"];
    return url ? parseUrl(url, "DATABASE_URL") : { kind: "embedded" };
  }
  if (flag === "embedded") return { kind: "embedded" };
  if (flag === "testcontainers") {
    return { kind: "testcontainers", image: env["RINGPROOF_PG_IMAGE"] || imageOf(version) };
  }
  return parseUrl(flag, "--pg");
}

const imageOf = (version: number): string => `postgres:${version}-alpine`;

/** The same at this version; null of one server, or of an image that somebody has named. */
export function atVersion(source: PgSource, version: number): PgSource | null {
  const image = imageOf(version);
  if (source.kind === "embedded") return { ...source, version };
  const named = source.kind === "url" || source.image !== imageOf(source.version ?? SHIPPED);
  return named ? null : { ...source, image, version };
}

/** The value may hold a password, so no message repeats it. */
function parseUrl(url: string, from: "--pg" | "DATABASE_URL"): Origin {
  if (/^postgres(ql)?:\/\/\S+$/.test(url)) return { kind: "url", url, from };
  throw new UserError(`The value of ${from} is not the address of a Postgres.`, REMEDY);
}

/** What names the same Postgres once more, fit to be shown: an address without its password. */
export function withoutPassword(where: string): string {
  const [, before = where, after = ""] = /^(\w+:\/\/[^/?#:]*):[^/?#]*(@.*)$/.exec(where) ?? [];
  return `${before}${after}`.replace(/([?&])password=[^&]*&?/g, "$1").replace(/[?&]$/, "");
}
