import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Folder of one published Go module, downloaded into Go's module cache if it is not there.
 *
 * @throws Error if `go` is missing or the module can't be had.
 */
export function goModuleFolder(path: string, version: string): string {
  const work = mkdtempSync(join(tmpdir(), "sandgate-tables-"));
  try {
    writeFileSync(join(work, "go.mod"), "module tables\n");
    const answer: unknown = JSON.parse(
      execFileSync("go", ["mod", "download", "-json", `${path}@${version}`], { cwd: work, encoding: "utf8" }),
    );
    if (
      typeof answer !== "object" ||
      answer === null ||
      !("Dir" in answer) ||
      typeof answer.Dir !== "string"
    ) {
      throw new Error(`go mod download told no folder for ${path}@${version}`);
    }
    return answer.Dir;
  } finally {
    rmSync(work, { recursive: true });
  }
}
