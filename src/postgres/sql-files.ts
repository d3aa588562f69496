/**
 * The family files of `sql/`, in the order in which they are installed, after `schema.sql`: a file
 * comes after those whose types and views its own definitions name.
 */
export const files: readonly string[] = [
  "slots.sql",
  "evidence.sql",
  "keys.sql",
  "counts.sql",
  "producers.sql",
  "claim.sql",
  "attempt.sql",
  "finish.sql",
  "rescue.sql",
  "rescue_pass.sql",
  "admin.sql",
  "terminal.sql",
  "lanes.sql",
  "rings.sql",
  "health.sql",
  "claimers.sql",
  "settings.sql",
];
