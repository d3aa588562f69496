/** Calls as a person reads them: `Claim(a, 2)`, `CompleteFast(j1/1 j2/1)`. */

import type { NamedCall, Outcome } from "../../src/core/index.js";

/** Calls of one action that are made together. */
export interface Calls {
  readonly action: string;
  readonly list: readonly object[];
}

type Args = Readonly<Record<string, unknown>>;

/** A value as it stands in a call; null where it says nothing. */
function valueText(key: string, value: unknown): string | null {
  if (Array.isArray(value) && key === "keys") return keysText(value);
  if (Array.isArray(value)) return value.map((v) => valueText("", v)).join(" ");
  if (typeof value === "object") {
    const { job, lease } = value as { job?: string; lease?: number };
    return job === undefined ? null : `${job}/${lease}`;
  }
  if (key === "wait") return value === 0 ? null : `wait ${value}`;
  return String(value);
}

/** The unique keys of a batch, a dash where a job carries none. */
const keysText = (keys: readonly (string | null)[]): string | null =>
  keys.some((key) => key !== null) ? `keys ${keys.map((key) => key ?? "-").join(" ")}` : null;

/** A batch of calls shows what is different in each once, and the rest at the end. */
export function callText({ action, list }: Calls): string {
  const [first] = list as readonly Args[];
  const parts = Object.keys(first!).flatMap((key) => {
    const texts = (list as readonly Args[]).map((args) => valueText(key, args[key]));
    const text = ["job", "token"].includes(key) ? texts.join(" ") : texts[0];
    return text === null || text === undefined ? [] : [text];
  });
  return parts.length === 0 ? action : `${action}(${parts.join(", ")})`;
}

export const formatCall = ({ action, args }: NamedCall): string =>
  callText({ action, list: [args] });

export const formatCalls = (calls: readonly NamedCall[]): string[] => calls.map(formatCall);

export const stepsText = (steps: number): string => (steps === 1 ? "1 step" : `${steps} steps`);

/** What a caller is told, such as `claimed j1/1 j2/1`; a refusal is named by its guard. */
export function outcomeText({ result, ...rest }: Outcome): string {
  const details = Object.values(rest).map((value) => valueText("", value));
  return [result, ...details].join(" ");
}
