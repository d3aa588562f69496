/**
 * What a state says of each job but its name, and what it says of none. Every row speaks of one job
 * at most: states of which both are the same are equal up to a renaming of jobs.
 */

import { codeOfHeads, envFields, Recent, tableText, tableWord, wordFor, write } from "./encode.js";
import type { Scope } from "./scope.js";
import { columns, tableNames, type Db, type Env, type Job } from "./state.js";

/** The columns without the job's name; null if there is none. */
function besideJob(names: readonly string[]): readonly string[] | null {
  const others = names.filter((name) => name !== "job");
  return others.length < names.length ? others : null;
}

/** One table, or one field of what is not in the database. */
class Part {
  private readonly jobs: readonly Job[];
  private readonly names: readonly string[];
  private readonly recent = new Recent<readonly string[]>();

  constructor(jobs: readonly Job[], names: readonly string[]) {
    this.jobs = jobs;
    this.names = names;
  }

  /** One word for each job. */
  words(rows: readonly (object | Job)[]): readonly string[] {
    return this.recent.known(rows) ?? this.recent.keep(rows, this.read(rows));
  }

  private read(rows: readonly (object | Job)[]): readonly string[] {
    return this.jobs.map((job) => {
      const own = rows.filter((row) => row === job || (row as { readonly job?: Job }).job === job);
      return write(wordFor(`${own.length} ${tableText(own as readonly object[], this.names)}`));
    });
  }
}

/** Codes by job, in the order of the scope's jobs; they mean something in this process only. */
export class JobCodes {
  private readonly scope: Scope;
  /** Null of a table that names no job. */
  private readonly tables: readonly (Part | null)[];
  private readonly fields: readonly Part[];

  constructor(scope: Scope) {
    const { jobs } = scope;
    this.scope = scope;
    this.tables = tableNames.map((name) => {
      const names = besideJob(columns[name]);
      return names && new Part(jobs, names);
    });
    this.fields = envFields.map(([, names]) => new Part(jobs, (names && besideJob(names)) ?? []));
  }

  ofDb(db: Db): { readonly common: string; readonly ofJobs: readonly string[] } {
    let common = codeOfHeads(db, this.scope);
    const words: (readonly string[])[] = [];
    this.tables.forEach((part, i) => {
      if (part) words.push(part.words(db[tableNames[i]!]));
      else common += write(tableWord(db, i));
    });
    return { common, ofJobs: this.joined(words) };
  }

  ofEnv(env: Env): readonly string[] {
    return this.joined(this.fields.map((part, i) => part.words(env[envFields[i]![0]])));
  }

  /** One word for each job again. */
  private joined(parts: readonly (readonly string[])[]): readonly string[] {
    return this.scope.jobs.map((_, i) => write(wordFor(parts.map((words) => words[i]!).join(""))));
  }
}
