/** What a query costs that does nothing. */

import type pg from "pg";
import { median } from "../quantile.js";

const TIMES = 200;

/** In milliseconds, the median. */
export async function roundTrip(client: pg.Client): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now();
    await client.query("select 1");
    times.push(performance.now() - began);
  }
  return median(times)!;
}
