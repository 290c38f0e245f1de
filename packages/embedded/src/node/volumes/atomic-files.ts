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
import { basename, dirname, join, normalize } from "node:path";

/** A file of a ConfigMap, Secret or downward API volume. */
export interface ProjectedFile {
  /** Relative, without `..`. */
  path: string;
  content: Buffer;
  mode: number;
}

const DATA = "..data";
const NEXT = `${DATA}.new`;
const VERSION = "..version-";

/**
 * Writes the files as kubelets do: into a folder with a new name, to which `..data` points, with a link for each file. A
 * change swaps that one link, so that a reader sees all of the old or all of the new.
 */
export function writeAtomically(folder: string, files: readonly ProjectedFile[], hostUid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chownSync(folder, hostUid, hostUid);
  const current = mkdtempSync(join(folder, VERSION));
  const tops = writeOrUndo(current, files, hostUid);
  // Of a writer that was killed before the swap.
  rmSync(join(folder, NEXT), { force: true });
  symlinkSync(basename(current), join(folder, NEXT));
  renameSync(join(folder, NEXT), join(folder, DATA));
  for (const name of readdirSync(folder)) {
    const isOld = name.startsWith(VERSION) ? name !== basename(current) : name !== DATA && !tops.has(name);
    if (isOld) rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const name of tops) {
    const path = join(folder, name);
    if (!existsSync(path)) symlinkSync(join(DATA, name), path);
  }
}

/**
 * Writes the files into a new folder. Where the disk is full it is removed again: there may be many tries.
 *
 * @returns The names at its top.
 */
function writeOrUndo(folder: string, files: readonly ProjectedFile[], hostUid: number): Set<string> {
  try {
    chmodSync(folder, 0o755);
    chownSync(folder, hostUid, hostUid);
    const tops = new Set<string>();
    for (const { path, content, mode } of files) {
      const relative = checkedPath(path);
      const target = join(folder, relative);
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      writeFileSync(target, content);
      chmodSync(target, mode);
      chownSync(target, hostUid, hostUid);
      tops.add(relative.split("/")[0] ?? relative);
    }
    return tops;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The folder that holds the files themselves as they are now, no links. */
export function currentFiles(folder: string): string {
  return join(folder, readlinkSync(join(folder, DATA)));
}

function checkedPath(path: string): string {
  const normal = normalize(path);
  // A name with two dots in front is one of ours.
  if (normal.startsWith("/") || normal.startsWith("..") || normal === ".") {
    throw new Error(`a file of a volume may not be at ${JSON.stringify(path)}`);
  }
  return normal;
}
