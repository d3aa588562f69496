import { writeFile } from "node:fs/promises";
import { UserError } from "../../src/errors.js";
import { historyLines } from "./file.js";
import type { History } from "./history.js";

/** Records a history into a file, which is tried before; what there is to say of it. */
export async function recordFile(file: string, record: () => Promise<History>) {
  await write(file, "");
  const history = await record();
  await write(file, historyLines(history));
  const events = history.events.length;
  const unknown = history.events.filter(({ outcome }) => outcome === null).length;
  const text =
    `${file}: ${events.toLocaleString("en")} calls; of ${unknown.toLocaleString("en")} nobody ` +
    `knows the answer\nLook at it with: npx ringproof trace check ${file}`;
  return { text, data: { file, events, unknown } };
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: Error) => {
    const message = `The file ${file} cannot be written: ${cause.message}.`;
    throw new UserError(message, "Name a file that you may write.", { cause });
  });
}
