import { findGoTool } from "./go-tool.ts";

/**
 * Prometheus' own check of rules, for the tests of the alerts; without what finds targets in clouds.
 *
 * @returns Path of promtool.
 * @throws Error with the remedy where it cannot be built.
 */
export function findPromtool(write: (line: string) => void): string {
  return findGoTool(
    {
      name: "promtool",
      version: "v0.310.0",
      package: "github.com/prometheus/prometheus/cmd/promtool",
      module: "prometheus",
      ldflags: "-s -w",
      tags: "remove_all_sd",
      takes: "two minutes",
    },
    write,
  );
}
