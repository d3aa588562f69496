import { historyLines, write } from "./file.js";
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
