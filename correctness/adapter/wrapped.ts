import type pg from "pg";
import type { Situation } from "./storage.js";

type Send = () => Promise<pg.QueryResult>;

/** A connection of which every query goes through `around`, which is told its text. */
export function wrapped(
  client: pg.Client,
  around: (text: string, send: Send) => Promise<pg.QueryResult>,
): Situation["client"] {
  const query = (config: string | pg.QueryConfig, ...rest: unknown[]): Promise<pg.QueryResult> => {
    if (rest.some((value) => typeof value === "function"))
      throw new TypeError("A storage under test awaits its queries: it has no use of callbacks.");
    const text = typeof config === "string" ? config : config.text;
    const send = client.query.bind(client) as (...args: unknown[]) => Promise<pg.QueryResult>;
    return around(text, () => send(config, ...rest));
  };
  return { query: query as pg.ClientBase["query"] };
}
