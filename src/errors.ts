/**
 * A problem with what the user asked for or with the machine it was asked on: bad input, a missing
 * Java, an unreachable Postgres. The command line prints `message`, then `remedy`, and exits
 * with 2. A violated claim is never thrown as one of these: it is a result, and exits with 1.
 */
export class UserError extends Error {
  /** One sentence, imperative: what to do next. */
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UserError";
    this.remedy = remedy;
  }
}
