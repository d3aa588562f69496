/** Wakes workers once something was enqueued, with LISTEN and NOTIFY. */

import pg from "pg";

const CHANNEL = "bench";

export class Bell {
  private readonly client: pg.Client;
  /** Whoever has found nothing, the longest waiting first. */
  private readonly idle: (() => void)[] = [];
  /** It rang while nobody waited. */
  private rung = false;

  private constructor(client: pg.Client) {
    this.client = client;
    client.on("notification", () => this.wake());
  }

  static async at(url: string): Promise<Bell> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    return new Bell(client);
  }

  /** Once what was enqueued is committed. */
  async ring(): Promise<void> {
    await this.client.query(`notify ${CHANNEL}`);
  }

  /** Until it rings for this one, or for so long. */
  async heard(ms: number): Promise<void> {
    if (this.rung) this.rung = false;
    else
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.idle.splice(this.idle.indexOf(wake), 1);
          resolve();
        }, ms);
        const wake = () => {
          clearTimeout(timer);
          resolve();
        };
        this.idle.push(wake);
      });
  }

  /** Everybody who waits goes on. */
  wakeAll(): void {
    for (const wake of this.idle.splice(0)) wake();
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private wake(): void {
    const wake = this.idle.shift();
    if (wake) wake();
    else this.rung = true;
  }
}
