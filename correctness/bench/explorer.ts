/** The explorer alone in a process, so that its memory is its own: `node explorer.js lifecycle`. */

import { explore } from "../explore/explorer.js";
import { readModel } from "../explore/model.js";
import { readManifest } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";

const all = await readManifest(manifestFile());
const { machine } = await readModel(all.find(({ name }) => name === process.argv[2])!);
process.stdout.write(String(explore(machine).states.length));
