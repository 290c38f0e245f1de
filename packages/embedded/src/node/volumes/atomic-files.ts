import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A file of a ConfigMap, Secret or downward API volume. */
export interface ProjectedFile {
  /** Relative, without `..`. */
  path: string;
  content: Buffer;
  mode: number;
}

const DATA = "..data";

/**
 * Writes the files as kubelets do: into a folder with a new name, to which `..data` points, with a link for each file. A
 * change swaps that one link, so that a reader sees all of the old or all of the new.
 */
export function writeAtomically(folder: string, files: readonly ProjectedFile[], hostUid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chownSync(folder, hostUid, hostUid);
  const current = mkdtempSync(join(folder, "..version-"));
  chmodSync(current, 0o755);
  chownSync(current, hostUid, hostUid);
  const tops = new Set<string>();
  for (const { path, content, mode } of files) {
    const relative = checkedPath(path);
    const target = join(current, relative);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, content);
    chmodSync(target, mode);
    chownSync(target, hostUid, hostUid);
    tops.add(relative.split("/")[0] ?? relative);
  }
  const link = join(folder, DATA);
  const before = existsSync(link) ? readlinkSync(link) : null;
  symlinkSync(current.slice(folder.length + 1), `${link}.new`);
  renameSync(`${link}.new`, link);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith("..") && !tops.has(name))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const name of tops) {
    const path = join(folder, name);
    if (!existsSync(path)) symlinkSync(join(DATA, name), path);
  }
  if (before !== null && !before.includes("/"))
    rmSync(join(folder, before), { recursive: true, force: true });
}

function checkedPath(path: string): string {
  const normal = normalize(path);
  if (normal.startsWith("/") || normal.split("/").includes("..") || normal === ".") {
    throw new Error(`a file of a volume may not be at ${JSON.stringify(path)}`);
  }
  return normal;
}
