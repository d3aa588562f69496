/** Histories as files: one JSON object per line, the header first. */

import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { z } from "zod";
import { UserError } from "../../src/errors.js";
import { notWritable } from "../not-writable.js";
import { eventSchema, headerSchema, type Event, type Header, type History } from "./history.js";

const REMEDY = "The format is in correctness/trace/history.schema.json.";

/** Every event is of its schema, is named once, and ended after it began. */
export async function readHistory(path: string): Promise<History> {
  const lines = path.endsWith(".json") ? bundled(path) : linesOf(path);
  let header: Header | undefined;
  const events: Event[] = [];
  const ids = new Set<number>();
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      const wrong = (what: string) => new UserError(`${path}:${number}: ${what}`, REMEDY);
      const data = parsed(line, wrong);
      if (!header) {
        header = valid(headerSchema, data, wrong) as Header;
        continue;
      }
      const event = valid(eventSchema, data, wrong) as Event;
      const why = ids.has(event.id)
        ? `there is another event ${event.id}`
        : contradiction(event, header);
      if (why) throw wrong(why);
      ids.add(event.id);
      events.push(event);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const message = `The history ${path} cannot be read: ${(error as Error).message}`;
    throw new UserError(message, "Name a file that ringproof trace record wrote, or your own.");
  }
  if (!header) throw new UserError(`${path} is empty.`, REMEDY);
  return { header, events: events.sort((a, b) => a.call - b.call) };
}

const linesOf = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Infinity });

/** A report keeps a history as the bundle of what it found. */
async function* bundled(path: string): AsyncIterable<string> {
  const { bundle } = JSON.parse(await readFile(path, "utf8")) as { bundle?: History };
  if (!bundle?.header) throw new UserError(`There is no history in ${path}.`, REMEDY);
  for (const line of [bundle.header, ...bundle.events]) yield JSON.stringify(line);
}

type Wrong = (what: string) => UserError;

function parsed(line: string, wrong: Wrong): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw wrong(`this is no JSON: ${(error as Error).message}`);
  }
}

function valid(schema: z.ZodType, data: unknown, wrong: Wrong): unknown {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(`${issue!.path.join(".") || "the line"}: ${issue!.message}`);
}

function contradiction(event: Event, { slots }: Header): string | undefined {
  if (slots && event.commit === undefined)
    return "it has no commit, which every event has if the header has slots";
  if (event.return !== null && event.return < event.call) return "it ended before it began";
  if ((event.return === null) !== (event.outcome === null))
    return "return and outcome are null together: nobody knows either";
  return undefined;
}

export const historyLines = ({ header, events }: History): string =>
  [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");

/** Throws a UserError where the file cannot be written. */
export async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch(notWritable(file));
}
