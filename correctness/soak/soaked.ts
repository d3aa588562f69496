/** What came out of a soak. */

import type { Times } from "./accounts.js";
import type { Dispatch } from "./dispatch.js";
import type { HandOuts } from "./hand-outs.js";
import type { Ledger } from "./ledger.js";
import type { Turned } from "./maintainer.js";
import type { Recoveries } from "./recovery.js";
import type { Sizes } from "./sizes.js";
import type { Wrong } from "./wrongs.js";

export interface Soaked {
  readonly ledger: Ledger;
  readonly handOuts: HandOuts;
  readonly dispatch: Dispatch;
  readonly recoveries: Recoveries;
  readonly sizes: Sizes;
  readonly turned: Turned;
  readonly calls: number;
  /** How many jobs were alive when nothing was produced any more. */
  readonly left: number;
  /** For so long calls were made. */
  readonly seconds: number;
  /** Labelled statements at which a session was terminated. */
  readonly places: number;
  readonly wrongs: readonly Wrong[];
  /** Of how many jobs nobody can tell in which of several ways they ended. */
  readonly unclear: number;
  /** How long it took to compare all accounts; null: it was stopped by what was wrong before. */
  readonly closed: Times | null;
  /** Why the server was not killed; null if it was. */
  readonly spared: string | null;
}
