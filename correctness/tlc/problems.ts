/** Tells what the user must repair (spec, cfg, machine) from what TLC found out about the spec. */
import { UserError } from "../../src/errors.js";
import { CODE, type TlcMessage } from "./messages.js";

export interface Ending {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly errors: readonly TlcMessage[];
  /** What SANY printed while it parsed. */
  readonly sany: readonly string[];
  /** The rest of what was printed outside TLC's frames: the JVM, stack traces. */
  readonly other: readonly string[];
  readonly module: string;
  readonly cfg: string;
}

const SPEC_NOT_PARSED = 150;
const CFG_REFUSED = 151;
const LAST_TLC_RESULT = 149;

export function problemOf(ending: Ending): UserError | undefined {
  const { exitCode, errors, killedBy } = ending;
  const texts = [...errors.map((error) => error.text), ...ending.other];
  const has = (...codes: number[]) => errors.some((error) => codes.includes(error.code ?? -1));

  if (texts.some((text) => text.includes("No space left on device"))) return diskFull();
  if (
    has(CODE.outOfMemory, CODE.outOfMemoryInit) ||
    texts.some((text) => text.includes("OutOfMemoryError"))
  ) {
    return new UserError("TLC ran out of memory", "Give it a bigger heap, or a smaller config.");
  }
  if (killedBy) {
    return new UserError(
      `Java was ended from outside (${killedBy}), often for want of memory`,
      "Free some memory or give TLC a smaller heap, then run it again.",
    );
  }
  if (exitCode === SPEC_NOT_PARSED) {
    return new UserError(
      `module ${ending.module} does not parse:\n${sanySentences(ending.sany).join("\n")}`,
      "Repair the module.",
    );
  }
  if (exitCode === CFG_REFUSED || has(CODE.notAPredicate, CODE.noNext) || isCfgException(texts)) {
    return new UserError(
      `${ending.cfg} does not fit module ${ending.module}: ${cfgSentence(errors)}`,
      "Repair the configuration, or define the missing name in the module.",
    );
  }
  if (exitCode !== null && (exitCode > LAST_TLC_RESULT || (exitCode !== 0 && !errors.length))) {
    const said = [...texts].filter((text) => !/^\s+at /.test(text)).slice(0, 12);
    return new UserError(
      `TLC stopped with exit code ${exitCode}:\n${said.join("\n")}`,
      "If Java refused an option or the memory asked for, change that; see its words above.",
    );
  }
  return undefined;
}

export function diskFull(cause?: unknown): UserError {
  return new UserError(
    "the disk is full: TLC has no room for its states",
    "Free some space, or set TMPDIR to a directory on a bigger disk.",
    { cause },
  );
}

const isCfgException = (texts: readonly string[]) =>
  texts.some((text) => text.includes("ConfigFileException"));

function cfgSentence(errors: readonly TlcMessage[]): string {
  const text = (errors.find((error) => error.code !== 1000) ?? errors[0])?.text ?? "";
  return text
    .split("\n")
    .filter((line) => !/^(?:Note that a bug|If you believe|please check if)/.test(line))
    .map((line) => line.trim())
    .join(" ");
}

const NOISE = new RegExp(
  [
    "^Parsing file",
    "^Semantic processing",
    "^Residual stack trace",
    "^Module definition starting",
    "^Fatal errors",
    "AbortException$",
    "^\\*\\*\\* ?(?:Parse Error|Errors|Abort messages|Warnings)",
    "^Unknown location",
    "^In module \\w+$",
    "^Could not parse module",
  ].join("|"),
);

/** SANY puts the place on a line of its own, before the message. */
function sanySentences(printed: readonly string[]): string[] {
  const module = /^Could not parse module (\w+)/m.exec(printed.join("\n"))?.[1];
  const sentences: string[] = [];
  let place = "";
  for (const line of printed.map((line) => line.trim())) {
    if (NOISE.test(line)) continue;
    const at = /^line (\d+), col (\d+) to line \d+, col \d+ of module (\w+)$/.exec(line);
    if (at) place = `module ${at[3]}, line ${at[1]}, column ${at[2]}: `;
    else {
      sentences.push(place + line);
      place = "";
    }
  }
  return module ? [`in module ${module}:`, ...sentences] : sentences;
}
