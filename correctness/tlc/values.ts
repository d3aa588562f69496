/**
 * TLA+ values as TLC prints them, read into plain JavaScript. Model values become strings, like
 * strings themselves: the specs use one or the other for a thing, never both.
 * `<<>>` is an empty sequence; TLC prints it for an empty function and an empty record too.
 */
import { UserError } from "../../src/errors.js";

export type Tla = number | boolean | string | Tla[] | TlaSet | TlaRecord | TlaFunction;
export type TlaSet = { readonly set: Tla[] };
export type TlaRecord = { readonly rec: Record<string, Tla> };
export type TlaFunction = { readonly fn: [Tla, Tla][] };
export type TlaState = Record<string, Tla>;

export function parseValue(text: string): Tla {
  const reader = new ValueReader(text);
  const value = reader.value();
  reader.expectEnd();
  return value;
}

/** Reads `/\ db = … /\ env = …`, or the bare `x = …` that TLC prints for a single variable. */
export function parseState(text: string): TlaState {
  const reader = new ValueReader(text);
  const state: TlaState = {};
  while (!reader.atEnd()) {
    reader.accept("/\\");
    const name = reader.name();
    reader.expect("=");
    state[name] = reader.value();
  }
  return state;
}

const BACKSLASH = 92;
const QUOTE = 34;
const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", f: "\f" };

const isSpace = (code: number) => code === 32 || (code >= 9 && code <= 13);
const isDigit = (code: number) => code >= 48 && code <= 57;
const isWord = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95;

class ValueReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(): Tla {
    this.skipSpace();
    const code = this.text.charCodeAt(this.at);
    if (code === QUOTE) return this.string();
    if (isDigit(code) || code === 45) return this.numberOrInterval();
    switch (this.text[this.at]) {
      case "[":
        return this.record();
      case "{":
        return this.set();
      case "<":
        return this.sequence();
      case "(":
        return this.function();
    }
    const word = this.name();
    return word === "TRUE" ? true : word === "FALSE" ? false : word;
  }

  name(): string {
    this.skipSpace();
    const start = this.at;
    while (isWord(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) this.fail("a name or a value");
    return this.text.slice(start, this.at);
  }

  accept(token: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) this.fail(token);
  }

  expectEnd(): void {
    if (!this.atEnd()) this.fail("the end of the value");
  }

  atEnd(): boolean {
    this.skipSpace();
    return this.at >= this.text.length;
  }

  private skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  private numberOrInterval(): Tla {
    const low = this.integer();
    if (!this.text.startsWith("..", this.at)) return low;
    this.at += 2;
    const high = this.integer();
    return { set: Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i) };
  }

  private integer(): number {
    const negative = this.text.charCodeAt(this.at) === 45;
    if (negative) this.at++;
    const start = this.at;
    let value = 0;
    for (let code = this.text.charCodeAt(this.at); isDigit(code);) {
      value = value * 10 + code - 48;
      code = this.text.charCodeAt(++this.at);
    }
    if (this.at === start) this.fail("a digit");
    return negative && value !== 0 ? -value : value;
  }

  private string(): string {
    const start = ++this.at;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === QUOTE) return this.text.slice(start, this.at++);
      if (code === BACKSLASH) return this.escapedString(start);
      if (Number.isNaN(code)) this.fail("a closing quote");
      this.at++;
    }
  }

  private escapedString(start: number): string {
    let value = this.text.slice(start, this.at);
    for (let char = this.text[this.at]; char !== '"'; char = this.text[this.at]) {
      if (char === "\\") char = this.text[++this.at];
      else if (char !== undefined) {
        value += char;
        this.at++;
        continue;
      }
      if (char === undefined) this.fail("a closing quote");
      value += ESCAPES[char] ?? char;
      this.at++;
    }
    this.at++;
    return value;
  }

  private record(): TlaRecord {
    const rec: Record<string, Tla> = {};
    this.expect("[");
    do {
      const field = this.name();
      this.expect("|->");
      rec[field] = this.value();
    } while (this.accept(","));
    this.expect("]");
    return { rec };
  }

  private set(): TlaSet {
    this.expect("{");
    return { set: this.elements("}") };
  }

  private sequence(): Tla[] {
    this.expect("<<");
    return this.elements(">>");
  }

  private elements(close: string): Tla[] {
    const values: Tla[] = [];
    if (this.accept(close)) return values;
    do values.push(this.value());
    while (this.accept(","));
    this.expect(close);
    return values;
  }

  private function(): TlaFunction {
    const fn: [Tla, Tla][] = [];
    this.expect("(");
    do {
      const key = this.value();
      this.expect(":>");
      fn.push([key, this.value()]);
    } while (this.accept("@@"));
    this.expect(")");
    return { fn };
  }

  private fail(expected: string): never {
    const found = this.text.slice(this.at, this.at + 40) || "the end";
    throw new UserError(
      `cannot read a TLA+ value at character ${this.at}: expected ${expected}, found ${found}`,
      "Report this with the printed state: TLC prints a value this version does not know.",
    );
  }
}
