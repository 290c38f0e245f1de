import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { TarEntry } from "./tar.ts";

/**
 * The files, folders and links of a folder as entries, all of root, without rights that a program would gain by being
 * started. What is neither of the three is left out.
 *
 * @param wanted - Says of each path, relative and without a slash at its front, whether it is taken; what is in a folder
 * that is not taken isn't either.
 */
export function treeEntries(folder: string, wanted: (path: string) => boolean): TarEntry[] {
  const entries: TarEntry[] = [];
  const walk = (inside: string): void => {
    for (const name of readdirSync(join(folder, inside))) {
      const path = inside === "" ? name : `${inside}/${name}`;
      if (!wanted(path)) continue;
      const full = join(folder, path);
      const stat = lstatSync(full);
      const mode = stat.mode & 0o1777;
      if (stat.isSymbolicLink()) entries.push({ type: "link", path, target: readlinkSync(full) });
      else if (stat.isFile()) entries.push({ type: "file", path, mode, content: readFileSync(full) });
      else if (stat.isDirectory()) {
        entries.push({ type: "folder", path, mode });
        walk(path);
      }
    }
  };
  walk("");
  return entries;
}
