/**
 * Moves SQL that is written for the schema `ringproof` to another schema. Comments stay as they
 * are; dollar-quoted bodies are SQL again; a quoted string is taken for SQL (EXECUTE, ::regclass)
 * where the name is followed by a dot, and for data elsewhere. The lines keep their numbers.
 */
export function requalify(sql: string, schema: string): string {
  const quoted = `"${schema}"`;
  let out = "";
  for (const { kind, text } of tokens(sql)) {
    if (kind === "code") out += text.replace(NAME, quoted);
    else if (kind === "identifier") out += text === '"ringproof"' ? quoted : text;
    else if (kind === "string") out += text.replace(NAME_DOT, `${quoted}.`);
    else if (kind === "body") out += inBody(text, (body) => requalify(body, schema));
    else out += text;
  }
  return out;
}

/** The whole identifier, and not a column or function of that name. */
const NAME = /(?<![\w$.])ringproof(?![\w$])/gi;
const NAME_DOT = /(?<![\w$."])(?:ringproof|"ringproof")\./gi;

type Kind = "code" | "comment" | "identifier" | "string" | "body";

/** Everything that is not plain code; a dollar inside an identifier opens no body. */
const SPECIAL = new RegExp(
  [
    /(?<line>--[^\n]*)/,
    /(?<block>\/\*)/,
    /(?<identifier>"(?:[^"]|"")*")/,
    /(?<escaped>(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*')/,
    /(?<plain>'(?:[^']|'')*')/,
    /(?<body>(?<![\w$])(?<tag>\$(?:[A-Za-z_]\w*)?\$).*?\k<tag>)/,
  ]
    .map((part) => part.source)
    .join("|"),
  "gs",
);

function* tokens(sql: string): Generator<{ kind: Kind; text: string }> {
  let start = 0;
  for (;;) {
    SPECIAL.lastIndex = start;
    const found = SPECIAL.exec(sql);
    if (!found) break;
    yield { kind: "code", text: sql.slice(start, found.index) };
    const { kind, end } = special(sql, found);
    yield { kind, text: sql.slice(found.index, end) };
    start = end;
  }
  yield { kind: "code", text: sql.slice(start) };
}

function special(sql: string, found: RegExpExecArray): { kind: Kind; end: number } {
  const end = found.index + found[0].length;
  const { line, block, identifier, body } = found.groups ?? {};
  if (line) return { kind: "comment", end };
  if (block) return { kind: "comment", end: blockEnd(sql, found.index) };
  if (identifier) return { kind: "identifier", end };
  if (body) return { kind: "body", end };
  return { kind: "string", end };
}

/** Where the block comment ends that starts here: they nest. */
export function blockEnd(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let found = edge.exec(sql); found; found = edge.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}

function inBody(text: string, change: (body: string) => string): string {
  const tag = /^\$\w*\$/.exec(text)?.[0] ?? "";
  return tag + change(text.slice(tag.length, text.length - tag.length)) + tag;
}
