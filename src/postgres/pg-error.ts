/** What the client throws: what Postgres says, with its SQLSTATE, or how a connection was lost. */
export type PgError = Error & { readonly code?: string; readonly where?: string };

/** Whether this is Postgres's answer, and not a bug or a lost connection. */
export const isOfPostgres = (error: unknown): error is Error & { readonly code: string } =>
  /^[0-9A-Z]{5}$/.test((error as PgError).code ?? "");
