/** How tests plant bugs in Postgres. */

export { changedSql } from "../correctness/locks/changed-sql.js";
