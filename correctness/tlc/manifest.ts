/** The suite manifest: the single list of what TLC checks and what must come out. */
import { readFile } from "node:fs/promises";
import { UserError } from "../../src/errors.js";
import type { TlcResult, ViolationKind } from "./outcome.js";

export const TIERS = ["quick", "full", "nightly"] as const;
export type Tier = (typeof TIERS)[number];

const KINDS: readonly ViolationKind[] = [
  "invariant",
  "property",
  "action-property",
  "deadlock",
  "assumption",
];

export interface ExpectHolds {
  readonly verdict: "holds";
  readonly distinct: number;
  readonly depth: number;
  /** Distinct (source, action, target) triples inside the bounds, per action. */
  readonly edges: Readonly<Record<string, number>>;
}

export interface ExpectViolated {
  readonly verdict: "violated";
  readonly property: string;
  readonly kind: ViolationKind;
  /** Actions after Init on the shortest trace; of a lasso, up to its last state. */
  readonly steps: number;
  /** Liveness: the 1-based state that the last one returns to; the last itself is stuttering. */
  readonly back?: number;
}

export interface ManifestEntry {
  readonly name: string;
  readonly module: string;
  readonly cfg: string;
  readonly tier: Tier;
  readonly symmetric: boolean;
  readonly about: string;
  readonly expect: ExpectHolds | ExpectViolated;
}

export interface Difference {
  readonly what: string;
  readonly sentence: string;
}

export async function readManifest(file: string): Promise<ManifestEntry[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UserError(`cannot read the manifest ${file}`, "Check the path.", { cause });
  });
  return parseManifest(text, file);
}

export function parseManifest(text: string, file: string): ManifestEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new UserError(`${file} is not JSON: ${why}`, "Repair it.", { cause });
  }
  const entries = new Node(file, "", json).field("configs").list().map(entry);
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UserError(`${file}: two configs are named ${twice}`, "Rename one of them.");
  }
  return entries;
}

/** `edges` counts what a dump of this run held; without them edges are not compared. */
export function compareWithManifest(
  entry: ManifestEntry,
  result: TlcResult,
  edges?: Readonly<Record<string, number>>,
): Difference[] {
  const { expect } = entry;
  if (expect.verdict !== result.verdict) {
    return differences([["verdict", expect.verdict, verdictWords(result)]]);
  }
  if (expect.verdict === "violated") {
    return differences([
      ["violated", expect.property, result.violated?.name ?? "nothing"],
      ["kind", expect.kind, result.violated?.kind ?? "none"],
      ["steps", expect.steps, Math.max(0, (result.trace?.length ?? 0) - 1)],
      ["back to", expect.back ?? "no state", result.lassoTo ?? "no state"],
    ]);
  }
  const actions = edges ? Object.keys({ ...expect.edges, ...edges }).sort() : [];
  return differences([
    ["distinct states", expect.distinct, result.distinct],
    ["depth", expect.depth, result.depth],
    ...actions.map((action): Compared => [
      `edges of ${action}`,
      expect.edges[action] ?? 0,
      edges?.[action] ?? 0,
    ]),
  ]);
}

type Compared = readonly [what: string, manifest: string | number, tlc: string | number];

function differences(compared: readonly Compared[]): Difference[] {
  return compared
    .filter(([, manifest, tlc]) => manifest !== tlc)
    .map(([what, manifest, tlc]) => ({
      what,
      sentence: `${what}: manifest ${manifest}, TLC ${tlc}`,
    }));
}

function verdictWords(result: TlcResult): string {
  if (result.verdict === "failed") return `failed: ${result.reason ?? "no reason given"}`;
  if (!result.violated) return result.verdict;
  return `violated (${result.violated.kind} ${result.violated.name})`;
}

function entry(node: Node): ManifestEntry {
  node.onlyFields(["name", "module", "cfg", "tier", "symmetric", "about", "expect"]);
  return {
    name: node.field("name").text(),
    module: node.field("module").text(),
    cfg: node.field("cfg").text(),
    tier: node.field("tier").oneOf(TIERS),
    symmetric: node.field("symmetric").flag(),
    about: node.field("about").text(),
    expect: expectation(node.field("expect")),
  };
}

function expectation(node: Node): ExpectHolds | ExpectViolated {
  const verdict = node.field("verdict").oneOf(["holds", "violated"]);
  if (verdict === "violated") {
    node.onlyFields(["verdict", "property", "kind", "steps", "back"]);
    return {
      verdict,
      property: node.field("property").text(),
      kind: node.field("kind").oneOf(KINDS),
      steps: node.field("steps").count(),
      ...(node.fields().includes("back") && { back: node.field("back").count() }),
    };
  }
  node.onlyFields(["verdict", "distinct", "depth", "edges"]);
  const edges = node.field("edges");
  return {
    verdict,
    distinct: node.field("distinct").count(),
    depth: node.field("depth").count(),
    edges: Object.fromEntries(edges.fields().map((name) => [name, edges.field(name).count()])),
  };
}

/** One place in the JSON: what is wrong there is said with its file and path. */
class Node {
  private readonly file: string;
  private readonly path: string;
  private readonly value: unknown;

  constructor(file: string, path: string, value: unknown) {
    this.file = file;
    this.path = path;
    this.value = value;
  }

  fields(): string[] {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) {
      this.fail("an object");
    }
    return Object.keys(this.value);
  }

  field(name: string): Node {
    this.fields();
    const path = this.path ? `${this.path}.${name}` : name;
    return new Node(this.file, path, (this.value as Record<string, unknown>)[name]);
  }

  onlyFields(known: readonly string[]): void {
    const unknown = this.fields().find((name) => !known.includes(name));
    if (unknown !== undefined) this.field(unknown).fail(`only ${known.join(", ")}`);
  }

  list(): Node[] {
    if (!Array.isArray(this.value)) this.fail("a list");
    return this.value.map((item, i) => new Node(this.file, `${this.path}[${i}]`, item));
  }

  text(): string {
    if (typeof this.value !== "string" || this.value === "") this.fail("a text");
    return this.value;
  }

  flag(): boolean {
    if (typeof this.value !== "boolean") this.fail("true or false");
    return this.value;
  }

  count(): number {
    if (!Number.isSafeInteger(this.value) || (this.value as number) < 0) this.fail("a count");
    return this.value as number;
  }

  oneOf<T extends string>(words: readonly T[]): T {
    if (!words.includes(this.value as T)) this.fail(words.join(" or "));
    return this.value as T;
  }

  private fail(expected: string): never {
    const found = this.value === undefined ? "nothing" : JSON.stringify(this.value).slice(0, 60);
    throw new UserError(
      `${this.file}: ${this.path || "the top"} should be ${expected}, found ${found}`,
      "Correct the manifest.",
    );
  }
}
