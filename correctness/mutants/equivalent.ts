/** Mutants that are no bugs, each with the argument why nobody can tell it from what ships. */

export const equivalent: Readonly<Record<string, string>> = {
  "PassTime.dropGuard.noop":
    "where nothing can age, ageing changes no row; nobody is told what the passing of time answers",
};
