/** Systematic mutants of the SQL: every operator at every place of every function and view. */

import { definitions, type Definition } from "../definitions.js";
import { labelled } from "../interleave/instrument.js";
import { edited, editsOf, operatorNames, type OperatorName } from "./operators.js";
import { callersOf, type SqlMutant } from "./sql-mutant.js";

export interface SystematicMutant extends SqlMutant {
  /** As in `claim.dropRowLock.1`; a change of the SQL may move the numbers. */
  readonly name: string;
  readonly definition: Definition;
  readonly operator: OperatorName;
  /** Of the labelled statement that is changed; null beside all of them. */
  readonly label: string | null;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

export function systematicMutants(): readonly SystematicMutant[] {
  const callers = callersOf();
  return definitions().flatMap((definition) => {
    const { name, sql } = definition;
    const reached = callers([definition]);
    const statements = labelled(sql);
    const labelAt = (place: number) =>
      statements.find(({ index, end }) => index <= place && place < end)?.label ?? null;
    return operatorNames.flatMap((operator) =>
      editsOf(operator, sql).map((edit, i) => ({
        ...reached,
        name: `${name}.${operator}.${i + 1}`,
        definition,
        operator,
        label: labelAt(edit.from),
        about: `${oneLine(sql.slice(edit.from, edit.to))} ⇒ ${oneLine(edit.put) || "nothing"}`,
        changes: [{ definition, sql: edited(sql, edit) }],
      })),
    );
  });
}
