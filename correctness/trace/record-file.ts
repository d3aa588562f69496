import { existsSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { withCleanup } from "../../src/cleanup.js";
import { notWritable } from "../not-writable.js";
import { historyLines, write } from "./file.js";
import type { History } from "./history.js";

/** Records a history into a file, which is tried before; what there is to say of it. */
export async function recordFile(file: string, record: () => Promise<History>) {
  const history = await tried(file, record);
  await write(file, historyLines(history));
  const events = history.events.length;
  const unknown = history.events.filter(({ outcome }) => outcome === null).length;
  const text =
    `${file}: ${events.toLocaleString("en")} calls; of ${unknown.toLocaleString("en")} nobody ` +
    `knows the answer\nLook at it with: npx ringproof trace check ${file}`;
  return { text, data: { file, events, unknown } };
}

/** Until there is a history the file is what it was. */
async function tried(file: string, record: () => Promise<History>): Promise<History> {
  const isNew = !existsSync(file);
  await appendFile(file, "").catch(notWritable(file));
  return withCleanup(async () => {
    if (isNew) await rm(file, { force: true });
  }, record);
}
