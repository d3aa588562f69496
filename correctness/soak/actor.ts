/** One of those who call, by the classes that ship: one call after the other, some of them lost. */

import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { describe } from "../lockstep/calling.js";
import type { Dice } from "../trace/dice.js";
import { Lost } from "../trace/session.js";
import type { Connection } from "./connection.js";
import type { Subject } from "./ledger.js";
import type { ToldJob } from "./hand-outs.js";
import type { MoveName } from "./moves.js";
import type { Over, World } from "./world.js";

export interface Part {
  readonly world: World;
  readonly connection: Connection;
  readonly name: string;
  readonly dice: Dice;
}

export abstract class Actor {
  protected readonly world: World;
  protected readonly dice: Dice;
  protected readonly connection: Connection;
  protected readonly storage: PostgresStorage;
  protected readonly lanes: Lanes;
  protected readonly passes: RescuePasses;
  protected readonly claimers: ClaimerLeases;
  protected name: string;
  /** Its clock is late. */
  protected late = false;
  /** What is to be told that its calls are answered again. */
  private back: (() => void)[] = [];

  constructor({ world, connection, name, dice }: Part) {
    const schema = { schema: world.schema };
    this.world = world;
    this.connection = connection;
    this.name = name;
    this.dice = dice;
    this.storage = new PostgresStorage(connection.client, schema);
    this.lanes = new Lanes(connection.client, schema);
    this.passes = new RescuePasses(connection.client, schema);
    this.claimers = new ClaimerLeases(connection.client, schema);
  }

  protected abstract step(): Promise<void>;

  async run(): Promise<void> {
    while (!this.world.over) await this.step();
  }

  protected pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds);
  }

  protected lane(): number {
    const { lanes } = this.world;
    return lanes[this.dice(lanes.length)]!;
  }

  /** What a call is answered, or null where it was lost; then `over` once its session has ended. */
  protected async ask<T>(
    what: string,
    make: (now: Date) => Promise<T>,
    { now = this.world.clock.read(this.late), over = () => {} }: Asked = {},
  ): Promise<T | null> {
    this.world.calls++;
    try {
      const answer = await make(new Date(now));
      for (const back of this.back.splice(0)) back();
      return answer;
    } catch (error) {
      if (error instanceof pg.DatabaseError) this.failed(what, error);
      else if (!(error instanceof Lost)) throw error;
      else {
        this.world.lost.add(over, error.session);
        if (error.kind !== "kill") this.back.push(this.world.recoveries.begin(error.kind));
      }
      return null;
    }
  }

  private failed(what: string, error: pg.DatabaseError): void {
    const { detail, where } = error;
    const lines = [detail, where].flatMap((text) => text?.split("\n") ?? []);
    const title = `${this.name} called ${what}: ${describe(error)}`;
    this.world.ledger.wrongs.add("answers", title, { lines });
  }

  /** A call on jobs, or on attempts of theirs; what it is answered of each, or null. */
  protected async on(
    action: MoveName,
    subjects: readonly Subject[],
    make: (now: Date) => Promise<readonly string[]>,
  ): Promise<readonly string[] | null> {
    const { ledger, clock } = this.world;
    const now = clock.read(this.late);
    const call = ledger.begin(this.name, action, subjects, now);
    const answers = await this.ask(action, make, { now, over: () => ledger.over(call) });
    if (answers) ledger.told(call, answers);
    else ledger.lose(call);
    return answers;
  }

  /** A claim; the jobs that are handed out, none where it was lost. */
  protected async claim<J extends ToldJob>(
    make: (now: Date) => Promise<readonly J[]>,
  ): Promise<readonly J[]> {
    const { ledger, clock, handOuts, lostClaims } = this.world;
    const now = clock.read(this.late);
    const call = ledger.call(this.name, "claim", now);
    const jobs = await this.ask("claim", make, { now, over: () => void lostClaims.push(call) });
    handOuts.claimed(call, jobs ?? []);
    return jobs ?? [];
  }
}

interface Asked {
  readonly now?: number;
  readonly over?: Over;
}
