/**
 * Which calls are to be lost, and how: its session is terminated in the midst of a call, the
 * connection is cut before or after COMMIT was sent, or the server is killed. Places at which no
 * call was lost yet come first.
 */

import { oneOf, type Dice } from "./dice.js";
import { placesByAction, type PlacesByName } from "./fault-places.js";

/** What happens at a labelled statement. */
const placedKinds = ["terminate", "kill"] as const;
export const faultKinds = [...placedKinds, "cutBefore", "cutAfter"] as const;

export type PlacedKind = (typeof placedKinds)[number];
export type FaultKind = (typeof faultKinds)[number];

/** One call in so many is meant to be lost in this way; none, unless given. */
export type FaultRates = { readonly [Kind in FaultKind]?: number };

/** One call in so many, in all of these ways as often. */
export const lostIn = (kinds: readonly FaultKind[], oneIn: number): FaultRates =>
  Object.fromEntries(kinds.map((kind) => [kind, oneIn * kinds.length]));

/** How a call is to be lost, if it comes to one of these labels. */
export type Meant =
  | { readonly kind: "cutBefore" | "cutAfter" }
  | { readonly kind: PlacedKind; readonly labels: readonly string[] };

/** The places at which calls were lost, and those that are left. */
export class Places {
  /** By what is called. */
  private readonly all: PlacesByName;
  private readonly found: Readonly<Record<PlacedKind, Set<string>>> = {
    terminate: new Set(),
    kill: new Set(),
  };

  /** Those of the recorded actions, unless others are given. */
  constructor(all: PlacesByName = placesByAction()) {
    this.all = all;
  }

  of(name: string): readonly string[] {
    return this.all.get(name) ?? [];
  }

  /** At which no call of any of these was lost in this way. */
  left(kind: PlacedKind, names: Iterable<string> = this.all.keys()): string[] {
    const all = new Set([...names].flatMap((name) => this.of(name)));
    return [...all].filter((label) => !this.found[kind].has(label));
  }

  /** How many calls of any were lost at in this way. */
  reached(kind: PlacedKind): number {
    return this.found[kind].size;
  }

  add(kind: PlacedKind, label: string): void {
    this.found[kind].add(label);
  }
}

export interface FaultOptions {
  readonly rates: FaultRates;
  readonly dice: Dice;
  readonly places?: Places;
  /** Calls are lost only where none was before. */
  readonly onlyLeft?: boolean;
}

export class Faults {
  private readonly options: FaultOptions;
  private readonly places: Places;
  private readonly happened = new Map<FaultKind, number>();

  constructor(options: FaultOptions) {
    this.options = options;
    this.places = options.places ?? new Places();
  }

  /** Those that may happen. */
  get kinds(): readonly FaultKind[] {
    return faultKinds.filter((kind) => this.options.rates[kind] !== undefined);
  }

  private get placed(): readonly PlacedKind[] {
    return placedKinds.filter((kind) => this.kinds.includes(kind));
  }

  /** Whether calls may be lost at labelled statements. */
  get inside(): boolean {
    return this.placed.length > 0;
  }

  /** Whether there is nothing left to do. */
  get exhausted(): boolean {
    if (!this.options.onlyLeft) return false;
    return this.placed.every((kind) => this.places.left(kind).length === 0);
  }

  /** How many of each kind there were. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.kinds.map((kind) => [kind, this.happened.get(kind) ?? 0]));
  }

  /** Whether the next call, which is of this name, is to be lost, and how. */
  next(name: string): Meant | null {
    const { dice, rates } = this.options;
    const due = this.kinds.filter((kind) => dice(rates[kind]!) === 0);
    return (
      oneOf(
        due.flatMap((kind) => this.meant(kind, name) ?? []),
        dice,
      ) ?? null
    );
  }

  /** How a call of this name is to be lost, if it can be. */
  meant(kind: FaultKind, name: string): Meant | null {
    if (kind === "cutBefore" || kind === "cutAfter") return { kind };
    const labels = this.choose(kind, name);
    return labels.length === 0 ? null : { kind, labels };
  }

  /** Whichever it comes to first of those that are left; at other times one of all. */
  private choose(kind: PlacedKind, name: string): readonly string[] {
    const { dice, onlyLeft = false } = this.options;
    const left = this.places.left(kind, [name]);
    if (onlyLeft || (left.length > 0 && dice(2) === 0)) return left;
    const any = oneOf(this.places.of(name), dice);
    return any === undefined ? [] : [any];
  }

  count(kind: FaultKind): void {
    this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
  }

  /** A session had come to this place when it was lost. */
  reached(kind: PlacedKind, label: string): void {
    this.places.add(kind, label);
  }
}
