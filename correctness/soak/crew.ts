/** All who call: producers, workers, maintainers and others, until it is time to stop. */

import { newDice } from "../trace/dice.js";
import type { Part } from "./actor.js";
import { Administrator } from "./administrator.js";
import { Callbacks } from "./callbacks.js";
import { Connection } from "./connection.js";
import { Maintainer, type RingSizes, type Turned } from "./maintainer.js";
import { Observer } from "./observer.js";
import { Producer } from "./producer.js";
import { STEP_MS } from "./recovery.js";
import type { Sizes } from "./sizes.js";
import type { Role } from "./timetable.js";
import { Worker } from "./worker.js";
import type { World } from "./world.js";

const PRODUCERS = 2;
const MAINTAINERS = 2;
/** Sessions beside those of workers. */
export const OTHERS = PRODUCERS + MAINTAINERS + 4;

export interface CrewOptions {
  readonly world: World;
  readonly workers: number;
  /** Jobs a second. */
  readonly rate: number;
  readonly rings: RingSizes;
  readonly sizes: Sizes;
}

export class Crew {
  readonly turned: Turned = { pruned: 0, rotated: 0 };
  private readonly options: CrewOptions;
  private readonly connections: Connection[] = [];

  constructor(options: CrewOptions) {
    this.options = options;
  }

  /** A session of its own, in which calls are lost if it has a role. */
  async part(name: string, role?: Role): Promise<Part> {
    const { world } = this.options;
    const connection = await Connection.open(world.around, role && [role, world.timetable]);
    this.connections.push(connection);
    return { world, connection, name, dice: newDice(world.seed * 1_000 + this.connections.length) };
  }

  /** Everybody calls; returns when all have stopped. What the first of them fails of is thrown. */
  async work(observer: Observer): Promise<void> {
    const { world, workers, rate, rings } = this.options;
    const names = { next: 0 };
    const callbacks = new Callbacks(await this.part("callbacks", "callbacks"));
    const all: { run(): Promise<void> }[] = [observer, callbacks];
    all.push(new Administrator(await this.part("admin", "administrator")));
    for (let i = 1; i <= PRODUCERS; i++) {
      const part = await this.part(`p${i}`, "producer");
      all.push(new Producer(part, rate / PRODUCERS, names));
    }
    for (let i = 1; i <= MAINTAINERS; i++)
      all.push(new Maintainer(await this.part(`m${i}`, "maintainer"), rings, this.turned));
    for (let i = 1; i <= workers; i++)
      all.push(new Worker(await this.part(`w${i}`, "worker"), callbacks));
    const steps = setInterval(() => world.pace.step(), STEP_MS);
    const ends = await Promise.allSettled(all.map((one) => this.run(one)));
    clearInterval(steps);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** When one of them fails, all stop. */
  private async run(one: { run(): Promise<void> }): Promise<void> {
    try {
      await one.run();
    } catch (error) {
      this.options.world.over = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }
}
