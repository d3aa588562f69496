/**
 * A counterexample for a reader: one line per action, below it only what the action changed.
 * `db` and `env` are records whose fields are mostly sets of rows, so a set shows the rows added
 * and removed, and everything else shows the smallest part that differs.
 */
import type { TraceStep } from "./outcome.js";
import type { Tla, TlaFunction, TlaRecord, TlaSet } from "./values.js";

const WIDTH = 100;
const INDENT = "      ";

export interface Lasso {
  readonly to: number;
  readonly action: string;
}

export function formatTrace(trace: readonly TraceStep[], lasso?: Lasso): string {
  const lines: string[] = [];
  trace.forEach((step, index) => {
    lines.push(`${String(index + 1).padStart(3)}  ${step.action}`);
    const before = trace[index - 1];
    const changes = before
      ? diff("", { rec: before.state }, { rec: step.state })
      : contents(Object.entries(step.state));
    const none = before ? "(nothing changes)" : "(everything is empty)";
    lines.push(...(changes.length > 0 ? changes : [none]).flatMap(wrap));
  });
  if (lasso?.action === "Stuttering") lines.push("     … and then nothing more happens");
  else if (lasso) lines.push(`     … ${lasso.action} leads back to ${lasso.to}, for ever`);
  return lines.join("\n");
}

/** TLA+ notation. Rows are read by eye and pass a `word` that leaves strings unquoted. */
export function formatValue(value: Tla, word: (text: string) => string = JSON.stringify): string {
  const list = (values: readonly Tla[]) => values.map((one) => formatValue(one, word)).join(", ");
  if (typeof value === "string") return word(value);
  if (typeof value !== "object") return String(value).toUpperCase();
  if (Array.isArray(value)) return `<<${list(value)}>>`;
  if ("set" in value) return `{${list(value.set)}}`;
  const pairs = (entries: readonly (readonly [string, Tla])[], arrow: string) =>
    entries.map(([key, one]) => `${key} ${arrow} ${formatValue(one, word)}`);
  if ("rec" in value) return `[${pairs(Object.entries(value.rec), "|->").join(", ")}]`;
  const keyed = value.fn.map(([key, one]) => [formatValue(key, word), one] as const);
  return `(${pairs(keyed, ":>").join(" @@ ")})`;
}

const show = (value: Tla) => formatValue(value, (text) => text);

function diff(path: string, before: Tla | undefined, after: Tla | undefined): string[] {
  if (before !== undefined && after !== undefined) {
    if (formatValue(before) === formatValue(after)) return [];
    if (isSet(before) && isSet(after)) return setDiff(path, before, after);
    if (isRecord(before) && isRecord(after)) {
      return keyedDiff(Object.entries(before.rec), Object.entries(after.rec), (key) =>
        path ? `${path}.${key}` : key,
      );
    }
    if (isFunction(before) && isFunction(after)) {
      return keyedDiff(keyed(before), keyed(after), (key) => `${path}[${key}]`);
    }
  }
  if (before === undefined) return [`${path} = ${show(after!)}`];
  if (after === undefined) return [`${path} gone, was ${show(before)}`];
  return [`${path} ${show(before)} -> ${show(after)}`];
}

function setDiff(path: string, before: TlaSet, after: TlaSet): string[] {
  const rows = (set: TlaSet) => new Set(set.set.map(show));
  const [old, now] = [rows(before), rows(after)];
  const removed = [...old].filter((row) => !now.has(row)).map((row) => `${path} - ${row}`);
  const added = [...now].filter((row) => !old.has(row)).map((row) => `${path} + ${row}`);
  return [...removed, ...added];
}

function keyedDiff(
  before: readonly [string, Tla][],
  after: readonly [string, Tla][],
  pathOf: (key: string) => string,
): string[] {
  const [old, now] = [new Map(before), new Map(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys.flatMap((key) => diff(pathOf(key), old.get(key), now.get(key)));
}

const keyed = (value: TlaFunction) => value.fn.map(([key, v]): [string, Tla] => [show(key), v]);
const isSet = (value: Tla): value is TlaSet => typeof value === "object" && "set" in value;
const isRecord = (value: Tla): value is TlaRecord => typeof value === "object" && "rec" in value;
const isFunction = (value: Tla): value is TlaFunction => typeof value === "object" && "fn" in value;

/** The first state: its rows, one per line, and whatever else is in the fields of its variables. */
function contents(variables: readonly [string, Tla][]): string[] {
  const fields = variables.flatMap(([name, value]): [string, Tla][] =>
    isRecord(value)
      ? Object.entries(value.rec).map(([field, part]) => [`${name}.${field}`, part])
      : [[name, value]],
  );
  return fields.flatMap(([path, value]) =>
    isSet(value) ? setDiff(path, { set: [] }, value) : diff(path, undefined, value),
  );
}

/** Long rows continue below, broken between their columns. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  let rest = INDENT + line;
  while (rest.length > WIDTH) {
    const end = rest.lastIndexOf(", ", WIDTH - 2);
    if (end <= INDENT.length + 2) break;
    lines.push(rest.slice(0, end + 1));
    rest = `${INDENT}    ${rest.slice(end + 2)}`;
  }
  return [...lines, rest];
}
