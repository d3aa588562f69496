/** Reads the part of TLC's configuration language that the suite uses. */
import { UserError } from "../../src/errors.js";
import { parseValue, type Tla } from "./values.js";

export interface Cfg {
  constants: Record<string, Tla>;
  /** Operators and constants that `<-` replaces by another operator. */
  overrides: Record<string, string>;
  specification?: string;
  init?: string;
  next?: string;
  invariants: string[];
  properties: string[];
  constraints: string[];
  actionConstraints: string[];
  symmetry?: string;
  view?: string;
  alias?: string;
  checkDeadlock: boolean;
}

const SECTIONS: Record<string, string> = {
  CONSTANT: "constants",
  CONSTANTS: "constants",
  SPECIFICATION: "specification",
  INIT: "init",
  NEXT: "next",
  INVARIANT: "invariants",
  INVARIANTS: "invariants",
  PROPERTY: "properties",
  PROPERTIES: "properties",
  CONSTRAINT: "constraints",
  CONSTRAINTS: "constraints",
  ACTION_CONSTRAINT: "actionConstraints",
  ACTION_CONSTRAINTS: "actionConstraints",
  SYMMETRY: "symmetry",
  VIEW: "view",
  ALIAS: "alias",
  CHECK_DEADLOCK: "checkDeadlock",
};

const nesting = (token: string) =>
  /^(?:[{([]|<<)$/.test(token) ? 1 : /^(?:[})\]]|>>)$/.test(token) ? -1 : 0;

/** Words, `=`, `<-`, strings and the brackets and commas of values; comments are blanked first. */
const TOKEN = /"(?:[^"\\]|\\.)*"|<-|<<|>>|[={}(),[\]]|-?\w+(?:!\w+)*|\S/g;

interface Token {
  readonly text: string;
  readonly line: number;
}

export function parseCfg(text: string, file = "the configuration"): Cfg {
  return new CfgReader(tokens(text), file).read();
}

function tokens(text: string): Token[] {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " ");
  const code = text.replace(/"(?:[^"\\]|\\.)*"|\\\*.*|\(\*[^]*?\*\)/g, (match) =>
    match.startsWith('"') ? match : blank(match),
  );
  let line = 1;
  return code.split("\n").flatMap((row) => {
    const found = [...row.matchAll(TOKEN)].map((match) => ({ text: match[0], line }));
    line++;
    return found;
  });
}

class CfgReader {
  private readonly tokens: Token[];
  private readonly file: string;
  private at = 0;
  private readonly cfg: Cfg = {
    constants: {},
    overrides: {},
    invariants: [],
    properties: [],
    constraints: [],
    actionConstraints: [],
    checkDeadlock: true,
  };

  constructor(tokens: Token[], file: string) {
    this.tokens = tokens;
    this.file = file;
  }

  read(): Cfg {
    while (this.at < this.tokens.length) {
      const keyword = this.next("a section");
      const section = SECTIONS[keyword.text];
      if (!section) this.fail(`unknown section ${keyword.text}`, keyword);
      if (section === "constants") this.constants();
      else if (section === "checkDeadlock") this.checkDeadlock();
      else this.names(section as keyof Cfg);
    }
    return this.cfg;
  }

  private constants(): void {
    while (this.inSection()) {
      const name = this.next("a constant").text;
      const sign = this.next("= or <-");
      if (sign.text === "<-") {
        this.cfg.overrides[name] = this.next("an operator").text;
      } else if (sign.text === "=") {
        this.cfg.constants[name] = this.value();
      } else {
        this.fail(`expected = or <- after ${name}, found ${sign.text}`, sign);
      }
    }
  }

  /** A value ends where its brackets close. */
  private value(): Tla {
    const first = this.next("a value");
    const parts = [first.text];
    for (let open = nesting(first.text); open > 0;) {
      const token = this.next("a closing bracket");
      open += nesting(token.text);
      parts.push(token.text);
    }
    try {
      return parseValue(parts.join(" "));
    } catch {
      return this.fail(`not a value: ${parts.join(" ")}`, first);
    }
  }

  private checkDeadlock(): void {
    const word = this.next("TRUE or FALSE");
    if (word.text !== "TRUE" && word.text !== "FALSE") {
      this.fail(`expected TRUE or FALSE, found ${word.text}`, word);
    }
    this.cfg.checkDeadlock = word.text === "TRUE";
  }

  private names(section: keyof Cfg): void {
    const value = this.cfg[section];
    if (Array.isArray(value)) {
      while (this.inSection()) value.push(this.name());
    } else {
      Object.assign(this.cfg, { [section]: this.name() });
    }
  }

  private name(): string {
    const token = this.next("a name");
    if (!/^\w/.test(token.text)) this.fail(`expected a name, found ${token.text}`, token);
    return token.text;
  }

  private inSection(): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && !(token.text in SECTIONS);
  }

  private next(expected: string): Token {
    const token = this.tokens[this.at++];
    return token ?? this.fail(`expected ${expected}, found the end`, this.tokens.at(-1));
  }

  private fail(problem: string, token: Token | undefined): never {
    throw new UserError(
      `${this.file}, line ${token?.line ?? 1}: ${problem}`,
      `Use the sections ${Object.keys(SECTIONS).join(", ")}.`,
    );
  }
}
