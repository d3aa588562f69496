/** Which tables a call changes: an action may write a table anew, with the rows that it had. */

import { tableNames, type Db, type TableName } from "../../src/core/index.js";

const same = (before: readonly object[], after: readonly object[]): boolean =>
  before === after ||
  (before.length === after.length && after.every((row) => before.includes(row)));

export const changedTables = (before: Db, after: Db): readonly TableName[] =>
  tableNames.filter((name) => !same(before[name], after[name]));
