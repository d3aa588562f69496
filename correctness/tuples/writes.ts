/**
 * Which tables the text of an SQL or PL/pgSQL function writes, and how. What it cannot tell it
 * reports: no statement that may write is passed over.
 */

import type { Command } from "../../src/core/index.js";
import { tokens, type Token } from "./tokens.js";

export interface Write {
  readonly command: Command;
  /** Without its schema; null where the statement computes the name. */
  readonly table: string | null;
}

export interface Reading {
  readonly writes: readonly Write[];
  /** Every name that is called, or looks as if it were. */
  readonly calls: readonly string[];
  /** Statements of which nobody can tell here what they do. */
  readonly unclear: readonly string[];
}

/** A letter that no name has, for what an EXECUTE computes. */
const HOLE = "\ue000";

/** Words that write, and are none of the four commands. */
const FOREIGN = ["merge", "copy", "call", "do"];

export function readWrites(sql: string): Reading {
  const reader = new Reader(tokens(sql));
  reader.read();
  return reader;
}

class Reader implements Reading {
  readonly writes: Write[] = [];
  readonly calls: string[] = [];
  readonly unclear: string[] = [];
  private readonly tokens: readonly Token[];
  /** Of the last INSERT, for what it does on conflict. */
  private inserted: string | null | undefined;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  read(): void {
    this.tokens.forEach((token, i) => {
      if (this.isMark(i + 1, "(") && token.kind !== "mark" && token.kind !== "string")
        this.calls.push(token.text);
      if (token.kind === "word") this.readAt(i, token.text);
    });
  }

  private readAt(i: number, word: string): void {
    if (word === "insert" && this.isWord(i + 1, "into")) {
      this.inserted = this.target(i + 2);
      this.writes.push({ command: "insert", table: this.inserted });
    } else if (word === "update") this.readUpdate(i);
    else if (word === "delete" && this.isWord(i + 1, "from"))
      this.writes.push({ command: "delete", table: this.target(i + 2) });
    else if (word === "truncate") this.readTruncate(i + 1);
    else if (word === "execute") this.readExecute(i + 1);
    else if (FOREIGN.includes(word) && this.begins(i)) this.unclear.push(word.toUpperCase());
  }

  /**
   * A row lock says FOR UPDATE, and a table lock SHARE UPDATE EXCLUSIVE; ON CONFLICT DO UPDATE
   * changes the table of its INSERT.
   */
  private readUpdate(i: number): void {
    if (["for", "key", "share"].some((word) => this.isWord(i - 1, word))) return;
    const conflict = this.isWord(i - 1, "do") && this.inserted !== undefined;
    const table = conflict ? this.inserted! : this.target(i + 1);
    this.writes.push({ command: "update", table });
  }

  private readTruncate(start: number): void {
    let i = this.isWord(start, "table") ? start + 1 : start;
    for (;;) {
      this.writes.push({ command: "truncate", table: this.target(i) });
      while (i < this.tokens.length && !this.isMark(i, ",") && !this.isMark(i, ";")) i++;
      if (!this.isMark(i, ",")) return;
      i++;
    }
  }

  /** The strings of the expression, with holes for the rest of it, are SQL again. */
  private readExecute(start: number): void {
    const text = this.executed(this.tokens.slice(start, this.endOfExecute(start)));
    if (text === null) this.unclear.push("EXECUTE of a text that is computed");
    else {
      const inner = readWrites(text);
      this.writes.push(...inner.writes);
      this.unclear.push(...inner.unclear);
    }
  }

  private endOfExecute(start: number): number {
    let depth = 0;
    for (let i = start; i < this.tokens.length; i++) {
      depth += this.isMark(i, "(") ? 1 : this.isMark(i, ")") ? -1 : 0;
      const over = ["into", "using", "loop"].some((word) => this.isWord(i, word));
      if (this.isMark(i, ";") || (depth === 0 && over)) return i;
    }
    return this.tokens.length;
  }

  private executed(expression: readonly Token[]): string | null {
    const [first, second] = expression;
    if (first?.kind === "string") return withHoles(expression);
    if (first?.text !== "format" || second?.text !== "(") return null;
    const [pattern, ...values] = splitArguments(expression.slice(2));
    if (pattern?.[0]?.kind !== "string") return null;
    let next = 0;
    return withHoles(pattern).replace(/%(?:(\d+)\$)?([IsL])/g, (_, place: string, how: string) => {
      if (place) next = Number(place) - 1;
      const value = values[next++];
      return value && how !== "L" ? withHoles(value) : HOLE;
    });
  }

  /** The table that is named here, behind ONLY and a schema; `name_` and a hole is a partition. */
  private target(start: number): string | null {
    let i = this.isWord(start, "only") ? start + 1 : start;
    while (this.isMark(i + 1, ".")) i += 2;
    const name = (this.tokens[i]?.text ?? HOLE).replace(new RegExp(`_${HOLE}$`), "");
    return name.includes(HOLE) ? null : name;
  }

  /** Whether a statement may begin here. */
  private begins(i: number): boolean {
    const before = this.tokens[i - 1];
    return (
      before === undefined ||
      (before.kind === "mark" && [";", "("].includes(before.text)) ||
      (before.kind === "word" && ["begin", "then", "else", "loop"].includes(before.text))
    );
  }

  private isWord(i: number, text: string): boolean {
    const token = this.tokens[i];
    return token?.kind === "word" && token.text === text;
  }

  private isMark(i: number, text: string): boolean {
    const token = this.tokens[i];
    return token?.kind === "mark" && token.text === text;
  }
}

/** What a text that is put together with `||` says, as far as it says it. */
function withHoles(expression: readonly Token[]): string {
  const parts = expression.filter((t) => t.text !== "|" || t.kind === "string");
  return parts
    .map((t) => (t.kind === "string" ? t.text : HOLE))
    .join("")
    .replace(new RegExp(`${HOLE}+`, "g"), HOLE);
}

/** The arguments of a call, up to its closing parenthesis. */
function splitArguments(rest: readonly Token[]): readonly (readonly Token[])[] {
  const found: Token[][] = [[]];
  let depth = 1;
  for (const token of rest) {
    if (token.kind === "mark") depth += token.text === "(" ? 1 : token.text === ")" ? -1 : 0;
    if (depth === 0) break;
    if (depth === 1 && token.kind === "mark" && token.text === ",") found.push([]);
    else found.at(-1)!.push(token);
  }
  return found;
}
