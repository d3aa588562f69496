/** Definitions of one language by name, and what each needs of the others. */

export interface Definition {
  readonly name: string;
  /** Relative to the package. */
  readonly file: string;
  /** What stands above it, as prose; empty where nothing does. */
  readonly comment: string;
  /** With the comment above it. */
  readonly text: string;
  /** Every word of its code. */
  readonly words: ReadonlySet<string>;
  /** It is a type, of what runs. */
  readonly type?: true;
}

export interface Library {
  find(name: string): Definition | undefined;
  /** What its code names, in the order in which it does. */
  uses(definition: Definition): readonly Definition[];
}

/** The definition and all that it needs, directly or not. */
export function reach(library: Library, from: Definition): ReadonlySet<Definition> {
  const reached = new Set([from]);
  for (const one of reached) for (const used of library.uses(one)) reached.add(used);
  return reached;
}

/** What is shown of a definition: its text and that of its own parts, and what else it names. */
export interface Excerpt {
  readonly files: readonly string[];
  readonly text: string;
  /** Others need these too. */
  readonly uses: readonly string[];
}

/** The definitions, and of what they reach whatever is `own` and none of the others reaches. */
export function excerpt(
  library: Library,
  shown: readonly Definition[],
  others: readonly Definition[],
  own: (part: Definition) => boolean = () => true,
): Excerpt {
  const foreign = new Set(others.flatMap((other) => [...reach(library, other)]));
  const reached = shown.flatMap((one) => [...reach(library, one)]);
  const more = reached.filter((part) => own(part) && !foreign.has(part));
  const parts = [...new Set([...shown, ...more])];
  const uses = parts.flatMap((part) => library.uses(part)).filter((used) => !parts.includes(used));
  return {
    files: [...new Set(parts.map(({ file }) => file))],
    text: parts.map(({ text }) => text).join("\n\n"),
    uses: [...new Set(uses.filter(({ type }) => !type).map(({ name }) => name))],
  };
}
