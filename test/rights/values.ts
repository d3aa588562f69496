/** Values that are none of what a parameter is for, and where to put them. */

import { fc } from "@fast-check/vitest";
import { impossible, odd } from "./texts.js";

const circular: Record<string, unknown> = {};
circular["self"] = circular;

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

const thrower = (): never => {
  throw new Error("a getter of the caller");
};
const silent = (): never => {
  throw undefined;
};
const revoked = Proxy.revocable([], {});
revoked.revoke();

const sparse = [1, , 2];
const endless = {
  [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }),
  length: 3,
};

const numbers = [
  ...[0, -0, 1, -1, 1.5, 7, 64, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53, 2 ** 53 - 1, 2 ** 63, -(2 ** 63)],
];
const integers = [0n, -1n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 70n];
const digits = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-1", "0"];
const dates = [NaN, 0, -1, 8.64e15, -8.64e15, Date.parse("0001-01-01"), -62135596800001, 253e12];
const objects = [
  ...[{}, [], [[]], [null], Object.create(null), new Map(), new Set([1]), /x/, new Error("x")],
  ...[new String("1"), new Number(1), Buffer.from("1"), new Uint8Array(3), new Boolean(true)],
  ...[circular, sparse, endless, Array(2 ** 32 - 1), deep(10_000), deep(1000)],
  ...[{ toJSON: thrower }, { toJSON: silent }, { toJSON: () => undefined }, { toJSON: 1 }],
  ...[{ toPostgres: thrower }, { toString: thrower }, { [Symbol.toPrimitive]: thrower }],
  ...[new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower }), revoked.proxy],
  ...[new Proxy([1, 2], { get: silent }), new Proxy(new Date(0), {})],
  Object.defineProperty({}, Symbol.toStringTag, { get: thrower }),
  Object.defineProperties({}, { jobId: { get: thrower }, queue: { get: silent } }),
  Object.assign(new Date(0), { getTime: thrower, toISOString: thrower, toPostgres: thrower }),
];
const others = [undefined, null, true, false, Symbol("x"), () => 1, thrower, class {}];
const exponents = ["1e3", "0x10", "1_000", " 1", "1 ", "+1", "١", "--1"];

/** Behind a function: whoever generates values looks at them, too. */
export type Hostile = () => unknown;

const known: readonly unknown[] = [
  ...[...numbers, ...integers, ...digits, ...exponents, ...others, ...odd, ...impossible],
  ...[...dates.map((ms) => new Date(ms)), ...objects],
];
const anything = fc.anything({ withBigInt: true, withDate: true, withSparseArray: true });

const nth = (i: number): Hostile =>
  Object.assign(() => known[i], { [fc.toStringMethod]: () => `known[${i}]` });

/** Some value, and often one that a caller might take for right. */
export const hostile: fc.Arbitrary<Hostile> = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: known.length - 1 }).map(nth) },
  { weight: 1, arbitrary: anything.map((value) => () => value) },
);

/** A way into arguments: of a list its places, of an object its fields. */
export type Way = readonly number[];
export const ways: fc.Arbitrary<Way> = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 3 });

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The same with another value at the end of the way, or where it comes no further. */
export function spoilt(value: unknown, [first, ...rest]: Way, put: unknown): unknown {
  if (first === undefined || known.includes(value)) return put;
  if (Array.isArray(value) && value.length > 0) {
    const place = first % value.length;
    return value.map((one, i) => (i === place ? spoilt(one, rest, put) : one));
  }
  if (!isPlain(value)) return put;
  const keys = Object.keys(value);
  const key = keys[first % keys.length];
  return key === undefined ? put : { ...value, [key]: spoilt(value[key], rest, put) };
}

/** Of the kind of a value, the largest and the smallest that Postgres or a Date can hold. */
function extremes(value: unknown): readonly unknown[] {
  if (typeof value === "number") return [2 ** 31 - 1, -(2 ** 31)];
  if (typeof value === "string" && /^\d+$/.test(value))
    return [`${2n ** 63n - 1n}`, `${-(2n ** 63n)}`];
  if (value instanceof Date) return [new Date(8.64e15), new Date(Date.parse("0001-01-01"))];
  return [];
}

/** Every way to a number, digits or a time, and what to put there. */
export function toExtremes(value: unknown, way: Way = []): readonly (readonly [Way, unknown])[] {
  const parts = Array.isArray(value) ? value : isPlain(value) ? Object.values(value) : [];
  return [
    ...extremes(value).map((put) => [way, put] as const),
    ...parts.flatMap((part, i) => toExtremes(part, [...way, i])),
  ];
}

/** What a message must not show: the insides of whoever wrote it. */
export const INSIDES =
  /Cannot (?:read|destructure|set|convert)|is not (?:a function|iterable|defined)|\n\s*at |node:/;
