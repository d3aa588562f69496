/** `ringproof witness`: the shapes searched for in the core, run on Postgres, judged by TLC. */

import { UserError } from "../../src/errors.js";
import type { Context, Finding, Row } from "../claims.js";
import { storageModel } from "../explore/model.js";
import { badStepLines } from "../lockstep/text.js";
import { formatCall, formatCalls, outcomeText } from "../report/calls.js";
import { itf } from "../report/itf.js";
import type { Section } from "../report/report.js";
import { serverOf } from "../server.js";
import { didYouMean } from "../tlc/nearest.js";
import { findTools } from "../tlc/suite.js";
import { acceptedByTlc, type Rejected } from "./accept.js";
import { onPostgres, type Diverged } from "./execute.js";
import { witnessOf, type Witness } from "./generate.js";
import { shapes, type Shape } from "./shapes.js";

export const sentence =
  "each shape's shortest behaviour is one of core, Postgres and spec, step by step";

/** What the command needs of a context. */
export type WitnessContext = Pick<Context, "pg" | "signal" | "progress">;

/** Those of these names, or all. */
function named(names: readonly string[]): readonly Shape[] {
  const all = shapes.map((s) => s.name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined)
    return names.length === 0 ? shapes : shapes.filter((s) => names.includes(s.name));
  throw new UserError(
    `There is no witness named ${unknown}.`,
    `${didYouMean(unknown, all)}There are: ${all.join(", ")}.`,
  );
}

/** A shape with its behaviour, and what Postgres and TLC say against it. */
export interface Judged {
  readonly shape: Shape;
  readonly witness: Witness | null;
  readonly seconds: number;
  readonly diverged: Diverged | null;
  readonly rejected: Rejected | null;
}

async function judge(chosen: readonly Shape[], context: WitnessContext): Promise<Judged[]> {
  await findTools(context);
  const generated: { shape: Shape; witness: Witness | null; seconds: number }[] = [];
  for (const shape of chosen) {
    const started = performance.now();
    const witness = await witnessOf(shape);
    generated.push({ shape, witness, seconds: (performance.now() - started) / 1000 });
    context.progress("behaviours found", generated.length, chosen.length);
    context.signal.throwIfAborted();
  }
  const witnesses = generated.flatMap(({ witness }) => witness ?? []);
  const server = await serverOf(context);
  const executed = await onPostgres(server, witnesses, context).finally(() => server.stop());
  const accepted = await acceptedByTlc(witnesses, context);
  return generated.map((one) => ({
    ...one,
    diverged: executed.get(one.shape.name) ?? null,
    rejected: accepted.get(one.shape.name) ?? null,
  }));
}

function rowOf(judged: Judged): Row {
  const { shape, witness, seconds, diverged, rejected } = judged;
  const facts = {
    configuration: shape.configuration,
    steps: witness ? witness.trace.length - 1 : "none found",
    Postgres: witness ? (diverged ? `differs at step ${diverged.step}` : "agrees") : "",
    TLC: witness ? (rejected ? `rejects step ${rejected.step}` : "accepts") : "",
  };
  const verdict = findingsOf(judged).length === 0 ? "holds" : "violated";
  return { name: shape.name, verdict, seconds, facts };
}

function findingsOf({ shape, witness, diverged, rejected }: Judged): Finding[] {
  const replay = `ringproof witness ${shape.name}`;
  if (!witness) {
    const lines = [shape.shows, ...shape.moments.map((m) => `${m.action}: ${m.says}`)];
    const title = `no behaviour of the core within ${shape.configuration} is a ${shape.name}`;
    return [{ title, lines, replay }];
  }
  const bundle = itf(witness.trace, { witness: shape.name, configuration: shape.configuration });
  const upTo = (step: number) =>
    formatCalls(witness.trace.slice(1, step + 1).map(({ call }) => call!)).join(" → ") || "Init";
  return [
    ...(diverged
      ? [{ title: upTo(diverged.step), lines: badStepLines(diverged.bad), replay, bundle }]
      : []),
    ...(rejected
      ? [{ title: upTo(rejected.step), lines: rejectedLines(witness, rejected), replay, bundle }]
      : []),
  ];
}

const stepText = ({ trace }: Witness, step: number): string => {
  const { call } = trace[step]!;
  return `step ${step}, ${call ? formatCall(call) : "the initial state"}`;
};

/** What is rejected, by its name and step, and what TLC does there. */
export function rejectedLines(witness: Witness, { step, instead }: Rejected): string[] {
  const { name, configuration, scope, trace } = witness;
  const head = `${name} in ${configuration}: TLC rejects ${stepText(witness, step)}`;
  if (!instead) return [head, "in the spec it is not enabled here"];
  const changes = storageModel(scope, false).changes(instead, trace[step]!.state);
  return [
    head,
    "in the spec it leads elsewhere, - in the spec only, + in the witness only",
    ...changes,
  ];
}

/** The calls of one witness, what each is answered, and which of them are its moments. */
function traceText({ shape, trace, moments }: Witness): string {
  const lines = trace.slice(1).map(({ call, outcome }, i) => {
    const says = moments[i + 1]?.says;
    return [formatCall(call!), outcomeText(outcome!), says ?? ""];
  });
  const width = (column: number) => Math.max(...lines.map((cells) => cells[column]!.length));
  const widths = [width(0), width(1), 0];
  const texts = lines.map((cells) => cells.map((c, k) => c.padEnd(widths[k]!)).join("  "));
  const numbered = texts.map((line, i) => `${String(i + 1).padStart(4)}  ${line.trimEnd()}`);
  return [shape.shows, ...numbered].join("\n");
}

/** What is printed of witnesses that were judged. */
export function sectionOf(judged: readonly Judged[], seconds: number): Section {
  const findings = judged.flatMap(findingsOf);
  const witnesses = judged.flatMap(({ witness }) => witness ?? []);
  const [only] = witnesses;
  return {
    id: "witness",
    sentence,
    verdict: findings.length === 0 ? "holds" : "violated",
    seconds,
    covered: {
      witnesses: witnesses.length,
      steps: witnesses.reduce((sum, { trace }) => sum + trace.length - 1, 0),
    },
    rows: judged.map(rowOf),
    findings,
    ...(judged.length === 1 && only && { note: traceText(only) }),
  };
}

/** The witnesses of these names, or all of them. */
export async function witnessSection(
  names: readonly string[],
  context: WitnessContext,
): Promise<Section> {
  const started = performance.now();
  const judged = await judge(named(names), context);
  return sectionOf(judged, (performance.now() - started) / 1000);
}
