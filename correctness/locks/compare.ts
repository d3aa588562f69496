/** The plans on disk beside those that Postgres takes now, and what is different. */

import type { CallKind, Plan, Step } from "./plan.js";
import { plansOf, type SeenPlan } from "./files.js";

/** One call of which another plan was recorded than is on disk. */
export interface Difference {
  readonly operation: string;
  readonly situation: string;
  readonly calls: readonly CallKind[];
  /** What differs first, and where; or that there is no such plan at all. */
  readonly lines: readonly string[];
}

const lockText = ({ on, mode, policy }: Step): string =>
  mode === "Release"
    ? `gives ${policy} on ${on} back`
    : `${mode} on ${on}${policy === "wait" ? "" : ` (${policy})`}`;

const same = (a: Step | undefined, b: Step | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const keyOf = ({ operation, situation, call }: Plan): string =>
  JSON.stringify([operation, situation, call]);

/** Where two plans part: the label, what is expected behind it and what is found. */
export function firstDifference(
  expected: readonly Step[],
  found: readonly Step[],
): readonly string[] {
  const at = Array.from({ length: Math.max(expected.length, found.length) }, (_, i) => i).find(
    (i) => !same(expected[i], found[i]),
  );
  if (at === undefined) return [];
  const [e, f] = [expected[at], found[at]];
  const label = found.slice(at).some((step) => same(step, e)) ? f!.label : (e ?? f)!.label;
  const said = (step: Step | undefined) =>
    step === undefined
      ? "no further lock"
      : `${lockText(step)}${step.label === label ? "" : `, after ${step.label}`}`;
  const more = expected.slice(at).filter((step) => !found.slice(at).some((s) => same(s, step)));
  const less = found.slice(at).filter((step) => !expected.slice(at).some((s) => same(s, step)));
  return [
    `after ${label}, as lock ${at + 1}`,
    `expected:  ${said(e)}`,
    `found:     ${said(f)}`,
    ...listed("no longer taken", more, e),
    ...listed("newly taken", less, f),
  ];
}

const MOST = 5;

/** What else differs, if the first difference does not say it already. */
function listed(what: string, steps: readonly Step[], first: Step | undefined): readonly string[] {
  if (steps.length === 0 || (steps.length === 1 && same(steps[0], first))) return [];
  const texts = steps.slice(0, MOST).map((step) => `${lockText(step)}, after ${step.label}`);
  const rest = steps.length > MOST ? [`and ${steps.length - MOST} more`] : [];
  return [`${what}: ${[...texts, ...rest].join("; ")}`];
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
    const lines =
      old && current
        ? firstDifference(old.steps, current.steps)
        : [current ? "expected:  no such plan" : "found:     no such plan"];
    return lines.length === 0 ? [] : [{ operation, situation, calls: [call], lines }];
  });
  return together(found);
}

/** The same difference in several calls of a situation is one. */
function together(found: readonly Difference[]): readonly Difference[] {
  const byText = new Map<string, Difference>();
  for (const one of found) {
    const key = JSON.stringify([one.operation, one.situation, one.lines]);
    const known = byText.get(key);
    byText.set(key, known ? { ...known, calls: [...known.calls, ...one.calls] } : one);
  }
  return [...byText.values()];
}
