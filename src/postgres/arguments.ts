/** What a program passes to the operations: refused by its name before Postgres is asked. */

import { inspect, types } from "node:util";
import { UserError } from "../errors.js";

const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;
const MOST_ID = 2n ** 63n - 1n;
/** In UTF-8; an index of Postgres holds no more of a name. */
const LONGEST_NAME = 1000;
const LARGEST_BATCH = 1_000_000;
/** Of jobs by their ids: Postgres looks for each of them in the list. */
const LARGEST_LIST = 10_000;
/** In UTF-8, and all values of one call together; a statement has a gigabyte. */
const MOST_JSON = 250_000_000;
/** Some 300 years; the earliest and the latest Date can be that much earlier or later. */
const LONGEST_MS = 1e13;
const EARLIEST = Date.parse("0001-01-01T00:00:00Z");

const refusal = (name: string, value: unknown, wanted: string): UserError =>
  new UserError(`${name} is ${shown(value)}.`, `Pass ${wanted}.`);

/** In short, on one line, whatever it is. */
export function shown(value: unknown): string {
  const short = { depth: 1, maxArrayLength: 5, maxStringLength: 80, breakLength: Infinity };
  try {
    return inspect(value, { ...short, customInspect: false })
      .split("\n")[0]!
      .slice(0, 200);
  } catch {
    return `something that cannot be shown (${typeof value})`;
  }
}

/** What a getter, a proxy or toJSON throws is told by the name of the argument. */
function reading<T>(name: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const [why] = String((error as Error)?.message ?? shown(error)).split("\n");
    throw new UserError(`${name} cannot be ${what}: ${why}.`, "Pass plain values.", {
      cause: error,
    });
  }
}

/** Its fields, each read once. */
export function fieldsOf<T extends object, K extends keyof T & string>(
  name: string,
  value: T,
  fields: readonly K[],
): Pick<T, K> {
  if (typeof value !== "object" || value === null)
    throw refusal(name, value, `an object with ${fields.join(", ")}`);
  const entries = fields.map((field) => [
    field,
    reading(`${name}.${field}`, "read", () => value[field]),
  ]);
  return Object.fromEntries(entries) as Pick<T, K>;
}

/** What `each` makes of the elements, holes among them. */
export function list<T, Made>(
  name: string,
  value: readonly T[],
  each: (name: string, value: T) => Made,
  most = LARGEST_BATCH,
): Made[] {
  const length = reading(name, "read", () => (Array.isArray(value) ? value.length : undefined));
  if (length === undefined) throw refusal(name, value, "an array");
  if (length > most)
    throw new UserError(`${name} has ${length} elements.`, `Pass at most ${most} in one call.`);
  return Array.from({ length }, (_, i) => {
    const one = `${name}[${i}]`;
    const element = reading(one, "read", () => value[i] as T);
    return each(one, element);
  });
}

export function sameLength(
  [name, one]: readonly [string, readonly unknown[]],
  [other, two]: readonly [string, readonly unknown[]],
): void {
  if (one.length === two.length) return;
  throw new UserError(
    `${name} has ${one.length} elements, and ${other} ${two.length}.`,
    "Pass one for each.",
  );
}

export function whole(name: string, value: number, least = LEAST, most = MOST): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const from = least === LEAST ? "" : ` from ${least}`;
  throw refusal(name, value, `a whole number${from}${most === MOST ? "" : ` to ${most}`}`);
}

/** A 64-bit integer as its digits. */
export function id(name: string, value: string | number | bigint): string {
  const digits = digitsOf(value);
  if (fits(digits, MOST_ID)) return digits;
  throw refusal(name, value, "a whole number of 64 bits, as a text of digits");
}

export const ids = (name: string, values: readonly string[]): string[] =>
  list(name, values, id, LARGEST_LIST);

/** A number that is not exact has none, nor has what is no number. */
function digitsOf(value: unknown): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return "";
  return ["string", "number", "bigint"].includes(typeof value) ? String(value) : "";
}

function fits(digits: string, most: bigint): boolean {
  if (!/^-?\d{1,19}$/.test(digits)) return false;
  const number = BigInt(digits);
  return -most - 1n <= number && number <= most;
}

export function flag(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw refusal(name, value, "true or false");
}

export function someText(name: string, value: string): string {
  if (typeof value !== "string" || value === "")
    throw refusal(name, value, "a text that is not empty");
  if (/\0|\p{Surrogate}/u.test(value))
    throw refusal(name, value, "a text without U+0000 and without half of a surrogate pair");
  if (Buffer.byteLength(value) > LONGEST_NAME)
    throw refusal(name, value, `a text of at most ${LONGEST_NAME} bytes`);
  return value;
}

/** A length of time in milliseconds, as an interval of Postgres. */
export function interval(name: string, value: number, least: number = 1): string {
  if (Number.isFinite(value) && value >= least && value <= LONGEST_MS)
    return `${value} milliseconds`;
  throw refusal(name, value, `a number of milliseconds from ${least} to ${LONGEST_MS}`);
}

/** As Postgres reads it, in whatever time zone. */
export function time(name: string, value: Date): string {
  const ms = types.isDate(value) ? Date.prototype.getTime.call(value) : NaN;
  // Years of more than four digits have a sign and zeros in front.
  if (ms >= EARLIEST) return new Date(ms).toISOString().replace(/^\+0*/, "");
  throw refusal(name, value, "a valid Date, from the year 1 on");
}

/** The same, or null. */
export const timeOrNull = (name: string, value: Date | null): string | null =>
  value === null ? null : time(name, value);

/** What JSON has no place for, such as undefined, is no payload; nor what jsonb has none for. */
export function json(name: string, value: unknown): string {
  const text = reading(name, "written as JSON", () => JSON.stringify(value));
  if (text === undefined) throw refusal(name, value, "what JSON can hold, such as null");
  // Only half of a surrogate pair is written as an escape.
  const [, escape] = /(?<!\\)(?:\\\\)*\\(u0000|ud[89a-f]..)/.exec(text) ?? [];
  if (escape === undefined) return text;
  throw new UserError(
    `${name} holds ${escape === "u0000" ? "the character U+0000" : "half of a surrogate pair"}.`,
    "Pass texts without it: Postgres has no place for it.",
  );
}

export function jsons(name: string, values: readonly unknown[]): string[] {
  let bytes = 0;
  return list(name, values, (one, value) => {
    const text = json(one, value);
    bytes += Buffer.byteLength(text);
    if (bytes <= MOST_JSON) return text;
    throw new UserError(
      `${name} up to ${one} have more than ${MOST_JSON} bytes.`,
      "Pass less in one call.",
    );
  });
}

type TokenFields = Readonly<Record<(typeof fields)[number], unknown>>;

/** As an array of Postgres in one text, which the driver need not quote again. */
export const tokenArray = (name: string, tokens: readonly TokenFields[]): string =>
  `{${list(name, tokens, literal).join(",")}}`;

/** A token as a composite literal of Postgres, quoted. */
const literal = (name: string, token: TokenFields): string =>
  `"${plainLiteral(token) ?? anyLiteral(name, token)}"`;

/** Of tokens as claims return them, which are many; null where more is to be looked at. */
function plainLiteral(token: TokenFields): string | null {
  try {
    const { jobId, runLease, claimSlot, laneId, receiptSeq } = token;
    const plain =
      isPlainId(jobId) &&
      isPlainId(receiptSeq) &&
      isPlainInt(runLease) &&
      isPlainInt(claimSlot) &&
      isPlainInt(laneId);
    return plain ? `(${jobId},${runLease},${claimSlot},${laneId},${receiptSeq})` : null;
  } catch {
    return null;
  }
}

const isPlainId = (value: unknown): value is string =>
  typeof value === "string" && /^\d{1,18}$/.test(value);
const isPlainInt = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST;

function anyLiteral(name: string, token: TokenFields): string {
  const digits = fields.map((field) =>
    digitsOf(reading(`${name}.${field}`, "read", () => token?.[field])),
  );
  if (digits.every((each, i) => /^\d/.test(each) && fits(each, largest[i]!)))
    return `(${digits.join(",")})`;
  throw refusal(name, token, "tokens as a claim returned them");
}
const fields = ["jobId", "runLease", "claimSlot", "laneId", "receiptSeq"] as const;
const largest = [MOST_ID, MOST, MOST, MOST, MOST_ID].map(BigInt);
