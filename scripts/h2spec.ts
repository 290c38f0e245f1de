import { findGoTool } from "./go-tool.ts";

/**
 * h2spec, which tries an HTTP/2 server by the sentences of its RFC. The newest release that the Go proxy has.
 *
 * @returns Path of h2spec.
 * @throws Error with the remedy where it cannot be built.
 */
export function findH2spec(write: (line: string) => void): string {
  return findGoTool(
    {
      name: "h2spec",
      version: "v2.2.1",
      package: "github.com/summerwind/h2spec/cmd/h2spec",
      module: "h2spec",
      ldflags: "-s -w",
      tags: "",
      takes: "half a minute",
    },
    write,
  );
}
