/** The format of histories as a JSON Schema, for those who write them. */

import { z } from "zod";
import { eventSchema, headerSchema } from "./history.js";

const line = z.union([headerSchema, eventSchema]);

export const historySchema = (): object => ({
  title: "A history of concurrent calls: a line of a file of JSON lines",
  description: "The first line is a header, every other one an event.",
  ...z.toJSONSchema(line, { io: "input", reused: "ref" }),
});
