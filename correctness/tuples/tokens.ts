/** SQL as words: comments are gone, strings are kept apart, and names are in lower case. */

import { blockEnd } from "../../src/postgres/requalify.js";

export interface Token {
  /** `mark` is one character of everything else. */
  readonly kind: "word" | "name" | "string" | "mark";
  /** Of a string, what it says. */
  readonly text: string;
}

const TOKEN = new RegExp(
  [
    /(?<comment>--[^\n]*)/,
    /(?<block>\/\*)/,
    /"(?<name>(?:[^"]|"")*)"/,
    /(?<![\w$])[eE]'(?<escaped>(?:[^'\\]|\\.|'')*)'/s,
    /'(?<plain>(?:[^']|'')*)'/,
    /(?<![\w$])(?<tag>\$(?:[A-Za-z_]\w*)?\$)(?<body>.*?)\k<tag>/s,
    /(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*)/,
    /(?<mark>\S)/,
  ]
    .map((part) => part.source)
    .join("|"),
  "gs",
);

export function tokens(sql: string): readonly Token[] {
  const found: Token[] = [];
  const scan = new RegExp(TOKEN);
  for (let match = scan.exec(sql); match; match = scan.exec(sql)) {
    const { block, name, escaped, plain, body, word, mark } = match.groups!;
    if (block !== undefined) scan.lastIndex = blockEnd(sql, match.index);
    else if (word !== undefined) found.push({ kind: "word", text: word.toLowerCase() });
    else if (name !== undefined) found.push({ kind: "name", text: name.replaceAll('""', '"') });
    else if (mark !== undefined) found.push({ kind: "mark", text: mark });
    else {
      const text = plain ?? escaped ?? body;
      if (text === undefined) continue;
      found.push({ kind: "string", text: body === undefined ? text.replaceAll("''", "'") : text });
    }
  }
  return found;
}
