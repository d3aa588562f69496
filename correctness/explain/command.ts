/** `ringproof explain` on the command line. */

import { jsonOption, type Add, type CommonFlags } from "../flags.js";
import type { Session } from "../session.js";

const about = "the story of an action, an invariant or a bug; checks nothing";

const help = `
Where it is written in each language, the shortest run, and what finds its bugs. Sources stand side
by side where the terminal is wide enough. Java is needed for bugs of focused modules, and for
nothing else. Without a name it lists what there is. Where several modules have a name, the module
tells which: RescueCursor.Claim.`;

export function addExplain(add: Add, session: Session): void {
  add("explain", about, "explain NoTokenTwice")
    .addHelpText("after", help)
    .argument("[name]", "an action, an invariant or a bug, however it is capitalised")
    .addOption(jsonOption())
    .action((name: string | undefined, flags: Pick<CommonFlags, "json">) =>
      session.explain(name, flags),
    );
}
