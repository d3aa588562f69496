/** The claims in the order in which `ringproof check` runs them. */

import type { Claim } from "./claims.js";
import { conformClaim } from "./conform/claim.js";
import { graphClaim } from "./explore/claim.js";
import { interleaveClaim } from "./interleave/claim.js";
import { locksClaim } from "./locks/claim.js";
import { lockstepClaim } from "./lockstep/claim.js";
import { mutantsClaim } from "./mutants/claim.js";
import { tlcClaim } from "./tlc/claim.js";
import { traceClaim } from "./trace/claim.js";
import { versionsClaim } from "./versions/claim.js";

export const claims: readonly Claim[] = [
  tlcClaim,
  graphClaim,
  conformClaim,
  lockstepClaim,
  interleaveClaim,
  locksClaim,
  mutantsClaim,
  traceClaim,
  versionsClaim,
];
