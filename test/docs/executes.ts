/** EXECUTE in PL/pgSQL: statements that are put together while they run. */

/** As text these are names as Postgres quotes them, or digits. */
const SAFE = /^(int|integer|bigint|oid|regclass|regtype|regprocedure)$/;

/** The text without comments; what stands in strings stays. */
const uncommented = (sql: string): string =>
  sql.replace(/'(?:[^']|'')*'|--[^\n]*/g, (found) => (found.startsWith("--") ? "" : found));

/** The parts of a list, or of an expression, that `separator` divides outside all brackets. */
function parts(text: string, separator: RegExp): string[] {
  const found = [""];
  let depth = 0;
  for (const [token] of text.matchAll(/'(?:[^']|'')*'|\|\||\b\w+\b|\s+|./gs)) {
    depth += "([".includes(token) ? 1 : ")]".includes(token) ? -1 : 0;
    if (depth === 0 && separator.test(token)) found.push("");
    else found[found.length - 1] += token;
  }
  return found.map((part) => part.trim());
}

/** The type of a variable or parameter of the function that this stands in. */
function typeOf(name: string, routine: string): string | undefined {
  if (!/^\w+$/.test(name)) return undefined;
  if (new RegExp(`\\bfor\\s+${name}\\s+in\\s[^;]*?\\.\\.`).test(routine)) return "int";
  return new RegExp(`\\b${name}\\s+(?:constant\\s+)?(\\w+)`).exec(routine)?.[1];
}

/** Whose callers write it down: see below. */
const isMode = (value: string, text: string): boolean =>
  value === "p_mode" && / in %s mode\b/.test(text);

/** What is wrong with the statement that stands behind EXECUTE, or null. */
function problem(expression: string, routine: string): string | null {
  const [first, second] = parts(expression, /^\|\|$/);
  const listed = new RegExp(`string_agg\\(format\\('[\\w.]*%I'[^;]*?\\binto ${second}\\b`);
  if (second !== undefined)
    return /^'[^']*'$/.test(first!) && listed.test(routine) ? null : `puts together ${expression}`;
  if (/^'[^']*'$/.test(expression)) return null;
  const [, list] = /^format\(([^]*)\)$/.exec(expression) ?? [];
  const [text = "", ...values] = parts(list ?? "", /^,$/);
  if (!/^'/.test(text)) return `runs ${expression}`;
  const bad = [...text.matchAll(/%(.)/g)].flatMap(([, kind], i) => {
    if (kind === "I" || kind === "L" || isMode(values[i]!, text)) return [];
    const type = typeOf(values[i]!, routine);
    return kind === "s" && type !== undefined && SAFE.test(type) ? [] : [values[i]!];
  });
  return bad.length === 0 ? null : `writes ${bad.join(", ")} into ${text}`;
}

/** One line for each EXECUTE that could run what nobody has written down. */
export function loose(sql: string): string[] {
  const text = uncommented(sql);
  const routines = text.split(/^(?=create (?:or replace )?function|do \$\$)/m);
  return routines.flatMap((routine) => {
    const own = routine.replace(/'(?:[^']|'')*'/g, (s) => `'${"_".repeat(s.length - 2)}'`);
    return [...own.matchAll(/\bexecute\s+(?!on\b|function\b)/g)].flatMap(({ index, 0: word }) => {
      const rest = routine.slice(index + word.length);
      const [expression] = parts(rest.slice(0, rest.search(/;|\n\s*loop\b/)), /^(into|using)$/);
      return problem(expression!, routine) ?? [];
    });
  });
}

/** Calls of what takes the mode of a lock, without a mode that is written down. */
export function unknownModes(sql: string): string[] {
  const calls = [
    ...uncommented(sql).matchAll(/ringproof\.try_lock_(?:slot|ring|deltas)\(([^;]*?)\)/g),
  ];
  return calls
    .map(([, list]) => list!)
    .filter(
      (list) => !/\bp_mode text$|, '(?:access )?(?:share|exclusive)'$|'row exclusive'$/.test(list),
    );
}
