import { existsSync, lstatSync, readlinkSync } from "node:fs";

/** Top-level folders that hold programs and libraries. */
const FOLDERS = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** Arguments for bubblewrap that show the host's programs read-only: `/usr`, and `/bin` and its like as they are here. */
export function hostSystemArguments(): string[] {
  const args = ["--ro-bind", "/usr", "/usr"];
  for (const name of FOLDERS) {
    const path = `/${name}`;
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) args.push("--symlink", readlinkSync(path), path);
    else args.push("--ro-bind", path, path);
  }
  return args;
}
