import { findGoTool } from "./go-tool.ts";

/**
 * A collector's own decoder of OTLP/HTTP in JSON: a request on its standard input, what it has read on its output.
 *
 * @returns Path of the program.
 * @throws Error with the remedy where it cannot be built.
 */
export function findOtlpDecoder(write: (line: string) => void): string {
  return findGoTool(
    {
      name: "otlp-decoder",
      version: "v1.70.0",
      package: ".",
      module: "otlp",
      ldflags: "-s -w",
      tags: "",
      takes: "a minute",
    },
    write,
  );
}
