/** What the in-memory queue is given: whatever is none of that is refused by its name. */

import type { Job, Token } from "./operations.js";

const LARGEST_BATCH = 1_000_000;

/** In short; of objects no more, for they may be anything. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

export const mistaken = (what: string, wanted: string, value: unknown): TypeError =>
  new TypeError(`${what} must be ${wanted}, not ${shown(value)}`);

/** What a getter or a proxy throws is told by the name of the argument. */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${what} cannot be read`, { cause });
  }
}

/** The value, if it is one that counts something. */
export function whole(
  value: number,
  what: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number } = {},
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const to = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  throw new RangeError(`${what} must be a whole number from ${least}${to}, not ${shown(value)}`);
}

/** A name of anything, such as a job or a lane. */
export function name(value: string, what: string): string {
  if (typeof value === "string") return value;
  throw mistaken(what, "a string", value);
}

/** Its fields, each read once. */
export function fields<T extends object, K extends keyof T & string>(
  value: T,
  what: string,
  names: readonly K[],
): Pick<T, K> {
  if (typeof value !== "object" || value === null) throw mistaken(what, "an object", value);
  return Object.fromEntries(
    names.map((field) => [field, reading(`${what}.${field}`, () => value[field])]),
  ) as Pick<T, K>;
}

/** What `each` makes of the elements, holes among them. */
export function list<T, Made>(
  value: readonly T[],
  what: string,
  each: (element: T, what: string) => Made,
): Made[] {
  const length = reading(what, () => (Array.isArray(value) ? value.length : Infinity));
  if (length > LARGEST_BATCH)
    throw mistaken(what, `an array of at most ${LARGEST_BATCH} elements`, value);
  return Array.from({ length }, (_, i) => {
    const one = `${what}[${i}]`;
    const element = reading(one, () => value[i] as T);
    return each(element, one);
  });
}

/** The token alone, of whatever has one. */
export function tokenOf(value: Token, what = "token"): Token {
  const { job, lease } = fields(value, what, ["job", "lease"]);
  if (typeof lease !== "number") throw mistaken(`${what}.lease`, "a number", lease);
  return { job: name(job, `${what}.job`), lease };
}

export const jobOf = (value: Job): Job => name(value, "job");
