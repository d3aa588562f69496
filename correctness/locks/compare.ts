/** The plans on disk beside those that Postgres takes now, and what is different. */

import { plansOf, type SeenPlan } from "./files.js";
import type { CallKind, Plan, Step } from "./plan.js";

/** Where two plans part. */
export interface Parting {
  /** The statement behind which it shows. */
  readonly label: string;
  readonly expected: string;
  readonly found: string;
  /** What else differs further on. */
  readonly more: readonly string[];
}

/** Calls of which another plan was recorded than is on disk. */
export interface Difference extends Parting {
  readonly operation: string;
  readonly situation: string;
  readonly calls: readonly CallKind[];
}

const NOTHING = "no lock here";

const lockText = ({ on, mode, policy }: Step): string =>
  mode === "Release"
    ? `gives ${policy} on ${on} back`
    : `${mode} on ${on}${policy === "wait" ? "" : ` (${policy})`}`;

const same = (a: Step | undefined, b: Step | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const has = (steps: readonly Step[], step: Step | undefined): boolean =>
  step !== undefined && steps.some((each) => same(each, step));

const MOST = 3;

/** Steps of one plan that the other one does not have, but for the one that is told already. */
function without(word: string, steps: readonly Step[], others: readonly Step[], told?: Step) {
  const own = steps.filter((step) => !has(others, step) && !same(step, told));
  const texts = own.slice(0, MOST).map((step) => `${lockText(step)}, after ${step.label}`);
  if (own.length > MOST) texts.push(`${own.length - MOST} more`);
  return texts.map((text) => `${word} ${text}`);
}

/** Null where they are the same. A lock that comes too early or too late is told as that. */
export function parting(expected: readonly Step[], found: readonly Step[]): Parting | null {
  const length = Math.max(expected.length, found.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => !same(expected[i], found[i]));
  if (at === undefined) return null;
  const [left, right] = [expected.slice(at), found.slice(at)];
  const [e, f] = [left[0], right[0]];
  const [late, early] = [has(right, e), has(left, f)];
  const missing = e !== undefined && !late;
  const { label } = missing ? e : (f ?? e)!;
  const text = (step: Step | undefined, here: boolean) => {
    if (!step || !here) return NOTHING;
    return step.label === label ? lockText(step) : `${lockText(step)}, after ${step.label}`;
  };
  return {
    label,
    expected: text(e, !late || early),
    found: text(f, !early || late),
    more: [
      ...without("no longer taken:", left, right, e),
      ...without("newly taken:", right, left, f),
    ],
  };
}

const keyOf = ({ operation, situation, call }: Plan): string =>
  JSON.stringify([operation, situation, call]);

/** What there is of one call, on disk or now, and not the other time. */
function alone(plan: Plan, expected: string, found: string): Parting {
  return { label: plan.steps[0]?.label ?? "call", expected, found, more: [] };
}

/** Of the operations that were recorded. */
export function differences(
  disk: readonly SeenPlan[],
  recorded: readonly Plan[],
  operations: readonly string[],
): readonly Difference[] {
  const wanted = disk.flatMap(plansOf).filter(({ operation }) => operations.includes(operation));
  const known = new Map(wanted.map((plan) => [keyOf(plan), plan]));
  const now = new Map(recorded.map((plan) => [keyOf(plan), plan]));
  const all = [...recorded, ...wanted.filter((plan) => !now.has(keyOf(plan)))];
  const found = all.flatMap((plan): Difference[] => {
    const { operation, situation, call } = plan;
    const [old, current] = [known.get(keyOf(plan)), now.get(keyOf(plan))];
    const parted = !old
      ? alone(plan, "no such call", "one")
      : !current
        ? alone(plan, "such a call", "none")
        : parting(old.steps, current.steps);
    return parted ? [{ operation, situation, calls: [call], ...parted }] : [];
  });
  return together(found);
}

/** The same difference in several calls of a situation is one. */
function together(found: readonly Difference[]): readonly Difference[] {
  const byText = new Map<string, Difference>();
  for (const one of found) {
    const key = JSON.stringify({ ...one, calls: [] });
    const known = byText.get(key);
    byText.set(key, known ? { ...known, calls: [...known.calls, ...one.calls] } : one);
  }
  return [...byText.values()];
}
