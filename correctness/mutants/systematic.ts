/** Systematic mutants of the SQL: every operator at every place of every function and view. */

import { actionNames, type ActionName } from "../../src/core/index.js";
import { definitions, definitionsFor, type Definition } from "../definitions.js";
import { edited, editsOf, operatorNames, type OperatorName } from "./operators.js";

export interface SqlMutant {
  /** As in `claim.dropRowLock.1`; a change of the SQL may move the numbers. */
  readonly name: string;
  readonly definition: Definition;
  readonly operator: OperatorName;
  /** What stood there, and what stands there now, each on one line. */
  readonly from: string;
  readonly to: string;
  /** The changed definition. */
  readonly sql: string;
  /** Those that call it, directly or not. */
  readonly actions: readonly ActionName[];
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

export function systematicMutants(): readonly SqlMutant[] {
  const all = definitions();
  const called = actionNames.map((name) => [name, new Set(definitionsFor(all, [name]))] as const);
  return all.flatMap((definition) => {
    const { name, sql } = definition;
    const actions = called.filter(([, some]) => some.has(definition)).map(([action]) => action);
    return operatorNames.flatMap((operator) =>
      editsOf(operator, sql).map((edit, i) => ({
        name: `${name}.${operator}.${i + 1}`,
        definition,
        operator,
        from: oneLine(sql.slice(edit.from, edit.to)),
        to: oneLine(edit.put),
        sql: edited(sql, edit),
        actions,
      })),
    );
  });
}
