/**
 * The text of test_decoding, the output plugin that comes with Postgres, as data. Transactions come
 * in the order of their commits, and what was rolled back does not come at all.
 */

/** Columns by name, as text; columns that are null may be left out. */
export type Columns = Readonly<Record<string, string | null>>;

/** A row that was inserted has no `before`, one that was deleted no `after`. */
export interface RowChange {
  readonly kind: "row";
  readonly table: string;
  readonly before: Columns | null;
  readonly after: Columns | null;
}

export interface Truncation {
  readonly kind: "truncation";
  readonly tables: readonly string[];
}

export type StoredChange = RowChange | Truncation;

/** What happened in one transaction to the tables of one schema. */
export interface Transaction {
  readonly xid: string;
  /** What was said in it with this prefix. */
  readonly messages: readonly string[];
  readonly changes: readonly StoredChange[];
}

export interface Wanted {
  readonly schema: string;
  readonly prefix: string;
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[^".,:[\s]+)`;
const RELATION = `${NAME}\\.${NAME}`;
const LINE = new RegExp(
  `^table (?<relations>${RELATION}(?:, ${RELATION})*): ` +
    "(?<what>INSERT|UPDATE|DELETE|TRUNCATE): (?<rest>.*)$",
  "s",
);
const MESSAGE =
  /^message: transactional: 1 prefix: (?<prefix>.*?), sz: \d+ content:(?<content>.*)$/s;
const COLUMN = new RegExp(
  String.raw`(?<name>${NAME})\[(?<type>[^\]]*(?:\[\])?)\]:(?<value>'(?:[^']|'')*'|[^\s']+)(?: |$)`,
  "sy",
);

const plainName = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

const plainValue = (value: string): string | null =>
  value === "null"
    ? null
    : value.startsWith("'")
      ? value.slice(1, -1).replaceAll("''", "'")
      : value;

/** From `slot[integer]:0 state[text]:'running'`, up to what is no column. */
function columnsFrom(text: string, start: number): { columns: Columns; end: number } {
  const columns: Record<string, string | null> = {};
  let end = start;
  COLUMN.lastIndex = start;
  for (let found = COLUMN.exec(text); found; found = COLUMN.exec(text)) {
    const { name, value } = found.groups!;
    columns[plainName(name!)] = plainValue(value!);
    end = COLUMN.lastIndex;
  }
  return { columns, end };
}

function columnsOf(text: string): Columns {
  const { columns, end } = columnsFrom(text, 0);
  return end > 0 && end === text.length ? columns : unreadable(text);
}

const OLD = "old-key: ";
const NEW = "new-tuple: ";

/** The row before an update, and the row after it. */
function bothOf(text: string): readonly [before: Columns, after: Columns] {
  if (!text.startsWith(OLD)) unreadable(text);
  const { columns, end } = columnsFrom(text, OLD.length);
  if (!text.startsWith(NEW, end)) unreadable(text);
  return [columns, columnsOf(text.slice(end + NEW.length))];
}

/** Of one line that begins with `table`; null if it is about other schemas only. */
export function changeOf(text: string, schema: string): StoredChange | null {
  const { relations, what, rest } = LINE.exec(text)?.groups ?? unreadable(text);
  const tables = [...relations!.matchAll(new RegExp(`(${NAME})\\.(${NAME})`, "g"))]
    .filter(([, of]) => plainName(of!) === schema)
    .map(([, , table]) => plainName(table!));
  const [table] = tables;
  if (table === undefined) return null;
  switch (what) {
    case "TRUNCATE":
      return { kind: "truncation", tables };
    case "INSERT":
      return { kind: "row", table, before: null, after: columnsOf(rest!) };
    case "DELETE":
      return { kind: "row", table, before: columnsOf(rest!), after: null };
    default: {
      const [before, after] = bothOf(rest!);
      return { kind: "row", table, before, after };
    }
  }
}

/** Lines of whole transactions. */
export function* transactions(
  lines: Iterable<string>,
  { schema, prefix }: Wanted,
): Generator<Transaction> {
  let messages: string[] = [];
  let changes: StoredChange[] = [];
  for (const line of lines) {
    const [word, xid = ""] = line.split(" ", 2);
    if (word === "BEGIN") [messages, changes] = [[], []];
    else if (word === "COMMIT") yield { xid, messages, changes };
    else if (word === "message:") {
      const said = MESSAGE.exec(line)?.groups;
      if (said?.["prefix"] === prefix) messages.push(said["content"]!);
    } else {
      const change = changeOf(line, schema);
      if (change) changes.push(change);
    }
  }
}

function unreadable(text: string): never {
  throw new Error(`the log cannot be read: ${text}`);
}
