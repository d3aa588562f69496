/** A set of which any member can be drawn. */

import type { Dice } from "../trace/dice.js";

export class Pool<T> {
  private readonly members: T[] = [];
  private readonly at = new Map<T, number>();

  get size(): number {
    return this.members.length;
  }

  add(member: T): void {
    if (this.at.has(member)) return;
    this.at.set(member, this.members.length);
    this.members.push(member);
  }

  delete(member: T): void {
    const at = this.at.get(member);
    if (at === undefined) return;
    const last = this.members.pop()!;
    this.at.delete(member);
    if (last === member) return;
    this.members[at] = last;
    this.at.set(last, at);
  }

  draw(dice: Dice): T | undefined {
    return this.members[dice(this.members.length)];
  }
}
