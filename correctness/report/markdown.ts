/** What is generated into README.md: tables, each between two markers. */

import { join } from "node:path";
import { packageRoot } from "../../src/package-root.js";

export const readmeFile = (): string => join(packageRoot(), "README.md");

export const markdownTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The text with this between the markers of that name. */
export const marked = (text: string, name: string, body: string): string =>
  text.replace(
    new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`),
    (_, start: string, end: string) => `${start}${body}${end}`,
  );
