/** Whatever stands in the place of a flag's value or a name: one message, and exit code 2. */

import { describe, expect, test } from "vitest";
import { impossible, odd } from "../rights/texts.js";
import { ran } from "./fixture.js";

/** What follows a flag is its value, even if it looks like another flag. */
const flags = [
  ["audit", "--schema", "mail", "--pg"],
  ["audit", "--pg", "postgres://localhost/mail", "--schema"],
  ["check", "--pg"],
  ["check", "--seed"],
  ["check", "--shard"],
  ["check", "--tier"],
  ["conform", "--pg"],
  ["coverage", "--seed"],
  ["witness", "--pg"],
];
/** Behind two hyphens everything is a name. */
const names = [["explain", "--"], ["witness", "--"], ["trace", "check", "--"], ["--"]];
/** No argument of a process has a zero byte in it. */
const all = [...odd, ...impossible].filter((text) => !text.includes("\0"));
/** These are names of schemas, which would be looked for. */
const isName = (text: string) => /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/.test(text);

describe.each([...flags, ...names])("ringproof %s %s %s %s", (...command) => {
  const schema = command.includes("--schema") && command.at(-1) === "--schema";
  const texts = all.filter((text) => !schema || !isName(text));

  test.each(texts)("%j", async (text) => {
    const { code, out, err } = await ran([...command.filter((word) => word), text]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: /m);
    expect(err).not.toMatch(/^\s+at |TypeError|not a function/m);
  });
});
