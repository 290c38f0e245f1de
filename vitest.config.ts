import { defineConfig } from "vitest/config";

/**
 * The folder decides what kind of test a file is: beside the source (no sockets, no processes),
 * `packages/<name>/test` (real sockets and processes), `test/conformance` (one suite on several kinds of cluster),
 * `test/deploy` (what the manifests render to), `test/e2e` (the command and kubectl, root and bubblewrap),
 * `test/browser` (applications in a real Chromium).
 */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"] },
      },
      {
        extends: true,
        test: { name: "integration", include: ["packages/*/test/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          setupFiles: ["test/cluster/cluster/explain-failures.ts"],
          // A cluster is mostly waited for: two at once halve the time and leave the processors room. The group
          // keeps other projects' files out of the way meanwhile.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          // The first run builds Kubernetes from its Go modules.
          hookTimeout: 30 * 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "deploy",
          include: ["test/deploy/**/*.test.ts"],
          // The first run builds Helm from its Go module.
          testTimeout: 5 * 60_000,
          hookTimeout: 5 * 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
