/**
 * TLC's labelled graph, collected while it is dumped. States are kept as text where the whole
 * graph is to be compared, and only as fingerprints where edges are to be counted.
 */

import type { DotSink } from "./dot.js";

export interface TlcGraph {
  /** State texts by node; empty where only counts were wanted. */
  readonly texts: readonly string[];
  readonly size: number;
  readonly actions: readonly string[];
  /** Distinct edges other than self-loops, each `(from * actions + action) * size + to`. */
  readonly edges: Float64Array;
  /** Distinct edges per action. */
  readonly counts: Readonly<Record<string, number>>;
}

export class GraphSink implements DotSink {
  private readonly keepTexts: boolean;
  private readonly nodes = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly actions: string[] = [];
  private readonly raw: number[] = [];

  constructor(keepTexts: boolean) {
    this.keepTexts = keepTexts;
  }

  onState(fp: string, text: string): void {
    const node = this.node(fp);
    if (this.keepTexts) this.texts[node] = text;
  }

  onEdge(from: string, to: string, action: string): void {
    if (from === to) return;
    let label = this.actions.indexOf(action);
    if (label < 0) label = this.actions.push(action) - 1;
    this.raw.push(this.node(from), label, this.node(to));
  }

  private node(fp: string): number {
    let node = this.nodes.get(fp);
    if (node === undefined) this.nodes.set(fp, (node = this.nodes.size));
    return node;
  }

  finish(): TlcGraph {
    const { raw, actions } = this;
    const size = this.nodes.size;
    const packed = new Float64Array(raw.length / 3);
    for (let i = 0; i < packed.length; i++)
      packed[i] = (raw[3 * i]! * actions.length + raw[3 * i + 1]!) * size + raw[3 * i + 2]!;
    packed.sort();
    const edges = packed.filter((edge, i) => i === 0 || edge !== packed[i - 1]);
    const counts: Record<string, number> = Object.fromEntries(actions.map((a) => [a, 0]));
    for (const edge of edges) counts[actions[Math.floor(edge / size) % actions.length]!]!++;
    return { texts: this.texts, size, actions, edges, counts };
  }
}
