/** A mutant of the SQL: definitions that are other than those that ship. */

import { actionNames, type ActionName } from "../../src/core/index.js";
import { definitions, definitionsFor, type Definition } from "../definitions.js";
import { functionOf, furtherNames, type FurtherName, type Operation } from "../locks/operations.js";

export interface SqlChange {
  readonly definition: Definition;
  /** The changed definition. */
  readonly sql: string;
}

/** Where each check is to find a mutant; those that are not named do not claim to. */
export interface Grounds {
  /** Configurations. */
  readonly conform?: readonly string[];
  /** Operations. */
  readonly locks?: readonly Operation[];
  /** Names of what meets, as in `Claim × Claim`. */
  readonly interleave?: readonly string[];
  readonly lockstep?: true;
  readonly trace?: true;
}

/** Who calls something, directly or not. */
export interface Callers {
  readonly actions: readonly ActionName[];
  /** Calls that are no action of the model. */
  readonly further: readonly FurtherName[];
  /** Focused modules. */
  readonly modules: readonly string[];
}

export interface SqlMutant extends Callers {
  readonly name: string;
  readonly changes: readonly SqlChange[];
  /** What was changed into what, on one line. */
  readonly about: string;
  /** Unless given, every check looks wherever a call reaches it, until one finds it. */
  readonly on?: Grounds;
}

/** Who reaches each of the shipped definitions. */
export function callersOf(): (some: readonly Definition[]) => Callers {
  const all = definitions();
  const reached = <Name extends string>(name: Name, tag: string = name) => {
    const names = definitionsFor(all, [tag]).map((definition) => definition.name);
    return [name, new Set(names)] as const;
  };
  const byAction = actionNames.map((name) => reached(name));
  const byFurther = furtherNames.map((name) => reached(name, functionOf(name)));
  const modules = new Set(all.flatMap((definition) => definition.modules));
  const byModule = [...modules].map((name) => reached(name));
  return (some) => {
    const reaching = <Name>(each: readonly (readonly [Name, ReadonlySet<string>])[]) =>
      each.filter(([, names]) => some.some(({ name }) => names.has(name))).map(([who]) => who);
    return {
      actions: reaching(byAction),
      further: reaching(byFurther),
      modules: reaching(byModule),
    };
  };
}

/** The same, with the definitions that ship. */
export const unchanged = (mutant: SqlMutant): SqlMutant => ({
  ...mutant,
  changes: mutant.changes.map(({ definition }) => ({ definition, sql: definition.sql })),
});

/** All changed definitions, as a text of SQL. */
export const changedText = ({ changes }: SqlMutant): string =>
  changes.map(({ sql }) => sql).join("\n");
