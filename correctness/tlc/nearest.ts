/** The names that somebody may have meant who wrote another. */

const MOST = 3;

/** The names nearest to the word, best first: few letters differ, or one is part of the other. */
export function nearest(word: string, names: readonly string[]): string[] {
  const wanted = word.toLowerCase();
  return names
    .map((name) => {
      const known = name.toLowerCase();
      return { name, edits: edits(wanted, known), part: part(wanted, known) };
    })
    .filter(({ name, edits, part }) => part || edits <= Math.min(3, name.length / 3))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, MOST)
    .map(({ name }) => name);
}

const part = (word: string, name: string): boolean =>
  word.length >= 3 && (name.includes(word) || word.includes(name));

/** Asks for the nearest ones, where there are any. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = nearest(word, names)
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");
  return near && `Did you mean ${near}? `;
}

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j]! + (letter === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row.at(-1)!;
}
