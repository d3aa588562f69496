import { expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { atVersion, parsePgSource } from "../../src/postgres/source.js";
import { checkVersion } from "../../src/postgres/versions.js";

const url = "postgresql://me:secret@db.example:5433/jobs";

test.each([
  ["nothing given", undefined, {}, { kind: "embedded" }],
  ["an empty DATABASE_URL", undefined, { DATABASE_URL: "" }, { kind: "embedded" }],
  ["DATABASE_URL", undefined, { DATABASE_URL: url }, { kind: "url", url, from: "DATABASE_URL" }],
  ["the flag over DATABASE_URL", url, { DATABASE_URL: "x" }, { kind: "url", url, from: "--pg" }],
  ["embedded over DATABASE_URL", "embedded", { DATABASE_URL: url }, { kind: "embedded" }],
  ["Docker", "testcontainers", {}, { kind: "testcontainers", image: "postgres:18-alpine" }],
  [
    "Docker with another image",
    "testcontainers",
    { RINGPROOF_PG_IMAGE: "postgres:14" },
    { kind: "testcontainers", image: "postgres:14" },
  ],
])("Postgres comes from %s", (_, flag, env, source) => {
  expect(parsePgSource(flag, env)).toEqual(source);
});

test.each([
  ["embedded", {}, { kind: "embedded", version: 15 }],
  [url, {}, { kind: "url", url, from: "--pg", version: 15 }],
  ["testcontainers", {}, { kind: "testcontainers", image: "postgres:15-alpine", version: 15 }],
  [
    "testcontainers",
    { RINGPROOF_PG_IMAGE: "mine" },
    { kind: "testcontainers", image: "mine", version: 15 },
  ],
])("%s is asked for version 15, with %j", (flag, env, source) => {
  expect(parsePgSource(flag, env, 15)).toEqual(source);
});

test.each([
  ["embedded", {}, { kind: "embedded", version: 14 }],
  ["testcontainers", {}, { kind: "testcontainers", image: "postgres:14-alpine", version: 14 }],
  ["testcontainers", { RINGPROOF_PG_IMAGE: "mine" }, null],
  [url, {}, null],
])("%s, once more at version 14, with %j", (flag, env, source) => {
  expect(atVersion(parsePgSource(flag, env), 14)).toEqual(source);
});

test.each([
  ["--pg", "", {}],
  ["--pg", "docker", {}],
  ["--pg", "me:secret@db.example/jobs", {}],
  ["--pg", "mysql://me:secret@db.example/jobs", {}],
  ["DATABASE_URL", undefined, { DATABASE_URL: "jdbc:postgresql://me:secret@db.example/jobs" }],
])("nonsense in %s is refused and not repeated: %s", (name, flag, env) => {
  const parse = () => parsePgSource(flag, env);
  expect(parse).toThrow(UserError);
  expect(parse).toThrow(name);
  expect(parse).not.toThrow(/secret/);
});

test.each([
  ["18.4", "18.4"],
  ["14.12 (Debian 14.12-1.pgdg120+1)", "14.12"],
  ["18beta1", "18"],
])("version %s is supported", (reported, version) => {
  expect(checkVersion(reported)).toBe(version);
});

test("another version than was asked for is refused", () => {
  expect(checkVersion("17.5", 17)).toBe("17.5");
  expect(() => checkVersion("17.5", 14)).toThrow("Postgres 17.5, and version 14 was asked for.");
});

test.each(["13.22", "9.6.24", "19devel"])("version %s is not supported", (reported) => {
  expect(() => checkVersion(reported)).toThrow(UserError);
  expect(() => checkVersion(reported)).toThrow("14 to 18");
});
