/** The text of the SQL by name: functions and views with the comments above them, and the audit. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ringproofSql } from "../../src/postgres/install.js";
import { definitions, type Definition as Sql } from "../definitions.js";
import type { Definition, Library } from "./library.js";

const fileOf = (family: string): string => `src/postgres/sql/${family}.sql`;
const read = (family: string): string =>
  readFileSync(join(ringproofSql().dir, `${family}.sql`), "utf8");

function described({ family, name, sql }: Sql): Definition {
  const before = read(family).split(sql)[0]!.split("\n").slice(0, -1);
  const above = before.slice(before.findLastIndex((line) => !line.startsWith("--")) + 1);
  const prose = above.filter((line) => !line.startsWith("-- @"));
  return {
    name,
    file: fileOf(family),
    comment: prose.map((line) => line.replace(/^--\s?/, "")).join(" "),
    text: [...above, sql.trimEnd()].join("\n"),
    words: new Set([...sql.matchAll(/\bringproof\.(\w+)/g)].map(([, word]) => word!)),
  };
}

let library: Library | undefined;

/** Everything that is installed. */
export function sqlLibrary(): Library {
  if (library) return library;
  const byName = new Map(definitions().map((one) => [one.name, described(one)]));
  library = {
    find: (name) => byName.get(name),
    uses: (definition) =>
      [...definition.words].flatMap((word) => {
        const used = byName.get(word);
        return used && used !== definition ? used : [];
      }),
  };
  return library;
}

/** The checks of the audit. */
export function auditTexts(): readonly Definition[] {
  const [, ...parts] = read("audit").split(/^(?=-- @check )/m);
  return parts.map((part) => {
    const [, name = "", comment = ""] = /^-- @check (\w+)\n-- ([^\n]+)\n/.exec(part)!;
    const words: ReadonlySet<string> = new Set();
    return { name, file: fileOf("audit"), comment, text: part.trimEnd(), words };
  });
}
