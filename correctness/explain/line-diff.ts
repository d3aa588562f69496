/** Two texts as one: the lines that only one of them has, with a few of the others around. */

const AROUND = 3;

type Mark = " " | "-" | "+";
type Line = readonly [mark: Mark, text: string];

/** By the longest common sequence of lines. */
function marked(a: readonly string[], b: readonly string[]): Line[] {
  const common = Array.from({ length: a.length + 1 }, () =>
    new Array<number>(b.length + 1).fill(0),
  );
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] =
        a[i] === b[j]
          ? common[i + 1]![j + 1]! + 1
          : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) lines.push([" ", a[(j++, i++)]!]);
    else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      lines.push(["-", a[i++]!]);
    else lines.push(["+", b[j++]!]);
  }
  return lines;
}

/** `-` only in the first text, `+` only in the second, `…` where lines are left out. */
export function lineDiff(before: string, after: string): string[] {
  const lines = marked(before.split("\n"), after.split("\n"));
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(([mark]) => mark !== " "),
  );
  return lines.flatMap(([mark, text], at) => {
    if (near[at]) return [`${mark} ${text}`.trimEnd()];
    return at > 0 && near[at - 1] ? ["  …"] : [];
  });
}
