/** Text on a terminal: paragraphs, headings, lists of two columns, and texts side by side. */

const GAP = "   ";

/** Broken between words; the first line begins with `first`, the others with `rest`. */
export function wrap(text: string, width: number, first = "", rest = first): string[] {
  const lines: string[] = [];
  let [line, empty] = [first, true];
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      [line, empty] = [rest, true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

export const heading = (title: string, width: number): string => `── ${title} `.padEnd(width, "─");

/** The first column as wide as it needs to be, the second broken below itself. */
export function pairs(rows: readonly (readonly [string, string])[], width: number): string[] {
  const first = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => {
    const [head = "", ...rest] = wrap(text, width - first - 4);
    const line = `  ${name.padEnd(first)}  ${head}`.trimEnd();
    return [line, ...rest.map((more) => `${" ".repeat(first + 4)}${more}`)];
  });
}

export interface Block {
  readonly title: string;
  readonly lines: readonly string[];
}

const widthOf = ({ title, lines }: Block): number =>
  Math.max(title.length + 6, ...lines.map((line) => line.length));

/** Side by side where they fit, else one below the other under headings of the narrower width. */
export function blocks(all: readonly Block[], width: number, narrow = width): string[] {
  const widths = all.map(widthOf);
  const needed = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (all.length - 1);
  if (all.length < 2 || needed > width)
    return all.flatMap(({ title, lines }) => [heading(title, narrow), "", ...lines, ""]);
  const height = Math.max(...all.map(({ lines }) => lines.length));
  const row = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(GAP)
      .trimEnd();
  const heads = row(all.map(({ title }, i) => heading(title, widths[i]!)));
  const body = Array.from({ length: height }, (_, n) =>
    row(all.map(({ lines }) => lines[n] ?? "")),
  );
  return [heads, "", ...body, ""];
}
