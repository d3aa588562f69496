import { defineConfig } from "vitest/config";

/** Tests that plant bugs, one after the other, and look for them on Postgres: the longer half. */
const mutants = ["test/**/*.mutants.test.ts"];
const common = { testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: "tests", include: ["test/**/*.test.ts"], exclude: mutants } },
      { test: { ...common, name: "mutants", include: mutants } },
    ],
  },
});
