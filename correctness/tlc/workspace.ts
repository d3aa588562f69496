/** The copy of the spec that TLC works on. */
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../src/errors.js";
import { parseCfg, type Cfg } from "./cfg.js";

export interface Model {
  readonly specDir: string;
  /** Directories with more modules that the root module extends or instantiates. */
  readonly libraries?: readonly string[];
  readonly module: string;
  readonly cfg: string;
}

export interface Workspace {
  readonly dir: string;
  readonly cfg: Cfg;
  /** The text of the root module and of each module it leads to. */
  readonly modules: ReadonlyMap<string, string>;
}

export async function prepareWorkspace(model: Model, dir: string): Promise<Workspace> {
  const texts = new Map<string, string>();
  for (const from of [...(model.libraries ?? []), model.specDir]) {
    const files = await readdir(from).catch((cause: unknown) => {
      throw new UserError(`cannot read the directory ${from}`, "Check its path.", { cause });
    });
    for (const file of files.filter((name) => name.endsWith(".tla"))) {
      await copyFile(join(from, file), join(dir, file));
      texts.set(file.slice(0, -".tla".length), await readFile(join(dir, file), "utf8"));
    }
  }
  if (!texts.has(model.module)) {
    const message = `there is no ${model.module}.tla in ${model.specDir}`;
    throw new UserError(message, "Check the name of the module.");
  }
  const text = await readFile(model.cfg, "utf8").catch((cause: unknown) => {
    throw new UserError(`cannot read ${model.cfg}`, "Check the path of the cfg.", { cause });
  });
  const cfg = parseCfg(text, model.cfg);
  const modules = reachable(model.module, texts);
  refuseUnknownNames(cfg, modules, model.cfg);
  await copyFile(model.cfg, join(dir, "model.cfg"));
  await mkdir(join(dir, "meta"));
  return { dir, cfg, modules };
}

function reachable(root: string, texts: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string) => {
    const text = texts.get(name);
    if (text === undefined || found.has(name)) return;
    found.set(name, text);
    wordsOf(text).forEach(visit);
  };
  visit(root);
  return found;
}

/** TLC accepts a name that no module knows: a misspelt constant or mutant would go unnoticed. */
function refuseUnknownNames(cfg: Cfg, modules: Workspace["modules"], file: string): void {
  const words = new Set([...modules.values()].flatMap(wordsOf));
  for (const name of [...Object.keys(cfg.constants), ...Object.keys(cfg.overrides)]) {
    if (words.has(name)) continue;
    throw new UserError(
      `${file} sets ${name}, which no module defines`,
      "Correct the name, or declare it in the module.",
    );
  }
}

function wordsOf(text: string): string[] {
  return text.replace(/\\\*.*|\(\*[^]*?\*\)/g, "").match(/\w+/g) ?? [];
}
