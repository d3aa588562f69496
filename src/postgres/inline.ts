/** Statements as plain text, for places that cannot bind parameters. */

import pg from "pg";
import type { Statement } from "./statements.js";

/** One element of an array literal. */
const element = (value: unknown): string =>
  value === null ? "null" : `"${String(value).replaceAll(/["\\]/g, "\\$&")}"`;

function literal(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number") return String(value);
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map(element).join(",")}}`);
  return pg.escapeLiteral(String(value));
}

/** The statement with its values written into it. */
export const inline = ({ text, values }: Statement): string =>
  text.replace(/\$(\d+)/g, (_, n: string) => literal(values[Number(n) - 1]));
