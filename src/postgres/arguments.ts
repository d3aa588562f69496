/** What a program passes to the operations: refused by its name before Postgres is asked. */

import { inspect } from "node:util";
import { UserError } from "../errors.js";

const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

const refusal = (name: string, value: unknown, wanted: string): UserError =>
  new UserError(`${name} is ${inspect(value, { breakLength: Infinity })}.`, `Pass ${wanted}.`);

export function whole(name: string, value: number, least: number = LEAST): number {
  if (Number.isInteger(value) && value >= least && value <= MOST) return value;
  throw refusal(name, value, least === LEAST ? "a whole number" : `a whole number from ${least}`);
}

export function someText(name: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw refusal(name, value, "a text that is not empty");
}

/** A length of time in milliseconds, as an interval of Postgres. */
export function interval(name: string, value: number, least: number = Number.MIN_VALUE): string {
  if (Number.isFinite(value) && value >= least) return `${value} milliseconds`;
  throw refusal(
    name,
    value,
    `a finite number of milliseconds${least === 0 ? " from 0" : " above 0"}`,
  );
}

/** What JSON has no place for, such as undefined, is no payload. */
export function json(name: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (text !== undefined) return text;
  throw refusal(name, value, "what JSON can hold, such as null");
}

/** A token as a composite literal of Postgres. */
export function literal(token: Readonly<Record<(typeof fields)[number], unknown>>): string {
  const values = fields.map((field) => token?.[field]);
  if (values.every((value) => /^\d+$/.test(String(value)))) return `(${values.join(",")})`;
  throw refusal("a token", token, "tokens as a claim returned them");
}
const fields = ["jobId", "runLease", "claimSlot", "laneId", "receiptSeq"] as const;
