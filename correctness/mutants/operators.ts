/**
 * Changes of SQL that may be bugs: each operator finds every place of a definition where it
 * applies. They see the text without comments; a string counts as one word.
 */

import { labelled } from "../interleave/instrument.js";

/** What stands from here to there becomes this. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly put: string;
}

/** A definition, and the same with its comments blank, and with its strings crossed out too. */
interface Source {
  readonly text: string;
  readonly code: string;
  readonly bare: string;
}

type Operator = (source: Source) => readonly Edit[];

const COMMENT = /--[^\n]*/g;
const STRING = /'(?:[^']|'')*'/g;

function sourceOf(text: string): Source {
  const code = text.replace(COMMENT, (comment) => " ".repeat(comment.length));
  const bare = code.replace(STRING, (string) => `'${"x".repeat(string.length - 2)}'`).toLowerCase();
  return { text, code, bare };
}

const words = (text: string): readonly string[] => text.split(" ");

const queryEnds = words("limit for returning union loop offset into on");
const conditionEnds = [
  ...queryEnds,
  ...words("and or order group then join left cross where window having as set from when else"),
  "using",
];

/** Where what begins here ends: at one of these words beside it, or at what closes around it. */
function endOf(bare: string, from: number, at: readonly string[]): number {
  const scan = /is distinct from|[a-z_]\w*|[();]|\$\$/g;
  scan.lastIndex = from;
  let depth = 0;
  let between = false;
  for (let found = scan.exec(bare); found; found = scan.exec(bare)) {
    const [word] = found;
    const closes = [")", "end"].includes(word) && depth-- === 0;
    if (["(", "case"].includes(word)) depth++;
    const ends = depth === 0 && (word === ";" || word === "$$" || at.includes(word));
    if (closes || (ends && !(between && word === "and"))) return found.index;
    if (depth === 0 && ["between", "and"].includes(word)) between = word === "between";
  }
  return bare.length;
}

const matches = (bare: string, pattern: RegExp): readonly { at: number; end: number }[] =>
  [...bare.matchAll(pattern)].map(({ index, 0: all }) => ({ at: index, end: index + all.length }));

/** The ANDs that join conditions; that of BETWEEN does not. */
function conjunctions(bare: string): readonly number[] {
  const found: number[] = [];
  const between: boolean[] = [false];
  for (const { index, 0: word } of bare.matchAll(/\b(?:between|and)\b|[()]/g)) {
    if (word === "(") between.push(false);
    else if (word === ")") between.pop();
    else if (word === "between") between[between.length - 1] = true;
    else if (between.at(-1)) between[between.length - 1] = false;
    else found.push(index);
  }
  return found;
}

const dropConjunct: Operator = ({ bare }) =>
  conjunctions(bare).map((from) => ({
    from,
    to: endOf(bare, from + "and".length, conditionEnds),
    put: "",
  }));

/** The first one, or the only one. */
const forgetCondition: Operator = ({ bare }) =>
  matches(bare, /\b(?:where|on(?= [\w.]+ *=|\s+\w+\.\w+ *=))\b/g).map(({ end }) => ({
    from: end,
    to: endOf(bare, end, conditionEnds),
    put: " true ",
  }));

const dropGuard: Operator = ({ bare }) =>
  matches(bare, /\bif\b(?! (?:not )?exists\s+ringproof)(?<!\bend if)/g).map(({ end }) => ({
    from: end,
    to: bare.indexOf(" then", end),
    put: " false",
  }));

const lookOnce: Operator = ({ bare }) =>
  matches(bare, /\bexit when\b/g).map(({ end }) => ({
    from: end,
    to: bare.indexOf(";", end),
    put: " true",
  }));

const dropRowLock: Operator = ({ bare }) =>
  matches(bare, /\s*\bfor (?:no key )?update\b(?: of \w+)?(?: skip locked| nowait)?/g).map(
    ({ at, end }) => ({ from: at, to: end, put: "" }),
  );

/** Also of LOCK TABLE, whose text is a string. */
const wait: Operator = ({ code }) =>
  matches(code, /\s+\b(?:skip locked|nowait)\b/gi).map(({ at, end }) => ({
    from: at,
    to: end,
    put: "",
  }));

const dropOrder: Operator = ({ bare }) =>
  matches(bare, /\s*\border by\b/g).map(({ at, end }) => ({
    from: at,
    to: endOf(bare, end, queryEnds),
    put: " ",
  }));

const dropConflictClause: Operator = ({ bare }) =>
  matches(bare, /\s*\bon conflict\b/g).map(({ at, end }) => ({
    from: at,
    to: endOf(bare, end, ["returning"]),
    put: " ",
  }));

const opposite: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

const moveBound: Operator = ({ bare }) =>
  [...bare.matchAll(/(?<= )(?:<=|>=|<|>)(?= )/g)].map(({ index, 0: sign }) => ({
    from: index,
    to: index + sign.length,
    put: opposite[sign]!,
  }));

const offByOne: Operator = ({ bare }) =>
  matches(bare, / [+-] 1\b/g).map(({ at, end }) => ({ from: at, to: end, put: "" }));

const dropJoinColumn: Operator = ({ bare }) =>
  [...bare.matchAll(/\busing \(([\w, ]+)\)/g)].flatMap(({ index, 0: all, 1: list }) => {
    const columns = list!.split(",").map((column) => column.trim());
    if (columns.length === 1) return [];
    return columns.map((column) => {
      const rest = columns.filter((other) => other !== column);
      return { from: index, to: index + all.length, put: `using (${rest.join(", ")})` };
    });
  });

const leaveOutElement: Operator = ({ code }) =>
  [...code.matchAll(/\barray\[((?:\s*'\w+',?)+)\]/g)].flatMap(({ index, 0: all, 1: list }) => {
    const names = list!.split(",").map((name) => name.trim());
    if (names.length === 1) return [];
    return names.map((name) => {
      const rest = names.filter((other) => other !== name);
      return { from: index, to: index + all.length, put: `array[${rest.join(", ")}]` };
    });
  });

const swallowErrors: Operator = ({ bare }) =>
  [...bare.matchAll(/\bwhen ([a-z]+_[a-z_]+)(?= then return)/g)].map(({ index, 0: all }) => ({
    from: index,
    to: index + all.length,
    put: "when others",
  }));

const simple = ({ statement }: { readonly statement: string }): boolean =>
  /^\s*(?:perform|insert|update|delete|execute|with|select|lock)\b/.test(statement);

/** Of statements whose answer nobody needs. */
const dropStatement: Operator = ({ text, bare }) =>
  labelled(text)
    .filter((one) => simple(one) && !/\binto\b(?! ringproof)/.test(bare.slice(one.index, one.end)))
    .map(({ end, statement }) => ({ from: end - statement.length, to: end, put: "\n  null" }));

/** Two that follow each other with nothing between them. */
const swapStatements: Operator = ({ text }) => {
  const all = labelled(text);
  return all.slice(1).flatMap((second, i): Edit[] => {
    const first = all[i]!;
    const between = text.slice(first.end, second.index);
    if (!simple(first) || !simple(second) || between.trim() !== ";") return [];
    const one = text.slice(first.index, first.end);
    const other = text.slice(second.index, second.end);
    return [{ from: first.index, to: second.end, put: `${other}${between}${one}` }];
  });
};

export const operators = {
  dropConjunct,
  forgetCondition,
  dropGuard,
  lookOnce,
  dropRowLock,
  wait,
  dropOrder,
  dropConflictClause,
  moveBound,
  offByOne,
  dropJoinColumn,
  leaveOutElement,
  swallowErrors,
  dropStatement,
  swapStatements,
} as const satisfies Readonly<Record<string, Operator>>;

export type OperatorName = keyof typeof operators;
export const operatorNames = Object.keys(operators) as readonly OperatorName[];

/** Where an operator applies, in the order of the text. */
export const editsOf = (name: OperatorName, text: string): readonly Edit[] =>
  operators[name](sourceOf(text)).filter(({ from, to, put }) => text.slice(from, to) !== put);

export const edited = (text: string, { from, to, put }: Edit): string =>
  text.slice(0, from) + put + text.slice(to);
