/** What is told of a name: the same for a reader and for a program. */

import type { Excerpt } from "./library.js";

/** Something in one language. */
export interface Source extends Excerpt {
  readonly layer: "TLA+" | "core" | "SQL" | "audit";
  /** What MAPPING.md remarks on it. */
  readonly notes?: readonly string[];
}

/** What a bug puts in the place of something. */
export interface Exchange {
  readonly layer: "TLA+" | "core" | "SQL";
  /** What stands where, in one sentence. */
  readonly what: string;
  readonly right: string;
  readonly wrong: string;
  /** Of the one to the other, line by line, where most lines are the same. */
  readonly diff?: readonly string[];
}

export interface Step {
  readonly call: string;
  /** What the caller is told; TLC does not say. */
  readonly answer?: string;
  /** The rows that change, a line each. */
  readonly changes: readonly string[];
}

/** A shortest run. */
export interface Run {
  /** What it shows. */
  readonly shows: string;
  readonly by: "core" | "TLC";
  readonly configuration: string;
  readonly steps: readonly Step[];
  /** How a run goes on that never ends. */
  readonly then?: string;
}

/** Something else that has a story, or a check. */
export interface Related {
  readonly name: string;
  readonly about: string;
}

export interface Command {
  readonly command: string;
  /** What it shows, or checks. */
  readonly shows: string;
}

export interface Story {
  readonly kind: "action" | "property" | "bug";
  readonly name: string;
  /** Of the spec, where it is in one. */
  readonly module: string | null;
  /** What happens, what must hold, or what is wrong. */
  readonly about: string;
  /** What a user loses without it, or by it. */
  readonly loss?: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly sources: readonly Source[];
  readonly exchanges: readonly Exchange[];
  readonly run: Run | null;
  /** Why there is no run. */
  readonly whyNoRun?: string;
  readonly bugs: readonly Related[];
  readonly commands: readonly Command[];
  /** Others of that name, and what belongs to it. */
  readonly see: readonly Related[];
}
