/** What is said of a file that somebody names and that cannot be written. */

import { UserError } from "../src/errors.js";

export const notWritable =
  (file: string) =>
  (cause: Error): never => {
    const message = `The file ${file} cannot be written: ${cause.message}.`;
    throw new UserError(message, "Name a file that you may write.", { cause });
  };
