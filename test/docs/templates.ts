/** The template literals of a TypeScript source, and what stands in their holes. */

export interface Template {
  readonly line: number;
  /** The text around the holes: one piece more than there are expressions. */
  readonly pieces: readonly string[];
  readonly expressions: readonly string[];
}

/** Behind these a slash begins a regular expression. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+>]|\b(?:return|typeof|case|of|in))\s*$/;

/** Comments, strings and regular expressions, from where one begins. */
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;

class Reader {
  readonly found: Template[] = [];
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  private skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.source)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  /** To the brace that closes what is open here, or to the end. */
  code(): void {
    const start = this.at;
    for (let depth = 0; this.at < this.source.length;) {
      const char = this.source[this.at]!;
      if (this.skip(COMMENT) || this.skip(STRING)) continue;
      const before = this.source.slice(Math.max(start, this.at - 40), this.at);
      if (char === "/" && BEFORE_REGEX.test(before) && this.skip(REGEX)) continue;
      if (char === "`") {
        this.template();
        continue;
      }
      if (char === "{") depth++;
      if (char === "}" && depth-- === 0) return;
      this.at++;
    }
  }

  private template(): void {
    const line = this.source.slice(0, this.at).split("\n").length;
    const [pieces, expressions]: string[][] = [[], []];
    let piece = "";
    for (this.at++; this.source[this.at] !== "`";) {
      if (this.at >= this.source.length) throw new Error(`line ${line}: a template without end`);
      if (this.source.startsWith("${", this.at)) {
        const from = (this.at += 2);
        this.code();
        pieces!.push(piece);
        expressions!.push(this.source.slice(from, this.at++).trim());
        piece = "";
      } else {
        const length = this.source[this.at] === "\\" ? 2 : 1;
        piece += this.source.slice(this.at, (this.at += length));
      }
    }
    this.at++;
    this.found.push({ line, pieces: [...pieces!, piece], expressions: expressions! });
  }
}

/** Those within others come before them. */
export function templatesIn(source: string): readonly Template[] {
  const reader = new Reader(source);
  reader.code();
  return reader.found;
}
