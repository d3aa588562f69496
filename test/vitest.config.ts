import { defineConfig } from "vitest/config";

/** Tests that plant bugs, one after the other, and look for them on Postgres: the longer half. */
const mutants = ["test/**/*.mutants.test.ts"];
const common = { testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Every file puts back what it changes, so all can share two threads and what they import.
    maxWorkers: 2,
    pool: "threads",
    isolate: false,
    projects: [
      { test: { ...common, name: "tests", include: ["test/**/*.test.ts"], exclude: mutants } },
      { test: { ...common, name: "mutants", include: mutants } },
    ],
  },
});
