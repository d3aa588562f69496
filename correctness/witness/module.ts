/**
 * Witnesses as a TLA+ module. TLC itself takes every recorded call, as an action of the spec under
 * the constants of the witness's configuration, and says whether that leads to the recorded state;
 * it goes on only from there.
 */

import { toTla } from "../explore/tla-state.js";
import { formatValue } from "../tlc/trace.js";
import type { Tla } from "../tlc/values.js";
import type { Call, Token } from "../../src/core/index.js";
import type { TraceStep } from "../explore/explorer.js";

/** A behaviour by its name; the first step is the initial state. */
export interface Recorded {
  readonly name: string;
  readonly configuration: string;
  readonly trace: readonly TraceStep[];
}

/** Constants by configuration. */
export type ConstantsOf = ReadonlyMap<string, Readonly<Record<string, Tla>>>;

export const moduleName = "Witnesses";

const text = (value: Tla): string => formatValue(value);

/** A configuration's name as an identifier. */
const instance = (configuration: string): string => configuration.replaceAll("-", "_");

const instanceText = ([name, constants]: readonly [string, Readonly<Record<string, Tla>>]) => {
  const values = Object.entries(constants).map(([c, value]) => `${c} <- ${text(value)}`);
  return `${instance(name)} == INSTANCE MCSegmentedStorage WITH ${values.join(", ")}`;
};

const token = ({ job, lease }: Token): Tla => ({ rec: { job, lease } });

/** A batch of jobs has an order; tokens are a set. */
function argument(key: string, value: unknown): Tla {
  if (key === "tokens") return { set: (value as readonly Token[]).map(token) };
  if (key === "token") return token(value as Token);
  return value as Tla;
}

/** The call as the spec's action has it; `witness.test.ts` holds the parameters to the core's. */
function callText({ action, args }: Call): string {
  const parts = Object.entries(args).map(([key, value]) => text(argument(key, value)));
  return parts.length === 0 ? action : `${action}(${parts.join(", ")})`;
}

const stateText = ({ state }: TraceStep): string => {
  const { db, env } = toTla(state);
  return `[db |-> ${text(db)},\n     env |-> ${text(env)}]`;
};

const recordedText = ({ name, trace }: Recorded): string =>
  `  ${JSON.stringify(name)} :> <<\n    ${trace.map(stateText).join(",\n    ")}>>`;

/** That the step is one of Next is asked of the state that the action has led to. */
function stepsText({ name, configuration, trace }: Recorded): string[] {
  const spec = instance(configuration);
  return trace.slice(1).map(({ call }, i) => {
    const action = `${spec}!${callText(call!)}`;
    return `  \\/ At(${JSON.stringify(name)}, ${i}) /\\ ${action} /\\ ${spec}!Next /\\ Compare`;
  });
}

/** `same`: TLC has come to the state that was recorded for this step. */
export const moduleText = (all: readonly Recorded[], constants: ConstantsOf): string =>
  `---- MODULE ${moduleName} ----
EXTENDS Integers, Sequences, TLC
VARIABLES witness, step, same, db, env

${[...constants].map(instanceText).join("\n")}

Recorded ==
${all.map(recordedText).join(" @@\n")}

Init ==
  /\\ step = 0
  /\\ ${all.map(initText).join("\n     ")}
  /\\ same = ([db |-> db, env |-> env] = Recorded[witness][1])

At(name, n) ==
  witness = name /\\ step = n /\\ same /\\ witness' = witness /\\ step' = n + 1

Compare == same' = ([db |-> db', env |-> env'] = Recorded[witness][step + 2])

Next ==
${all.flatMap(stepsText).join("\n")}

Spec == Init /\\ [][Next]_<<witness, step, same, db, env>>
====
`;

const initText = ({ name, configuration }: Recorded): string =>
  `\\/ witness = ${JSON.stringify(name)} /\\ ${instance(configuration)}!Init`;

export const cfgText = "SPECIFICATION Spec\nCHECK_DEADLOCK FALSE\n";
