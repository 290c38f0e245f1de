import { existsSync, lstatSync, readlinkSync } from "node:fs";

/** Top-level folders that hold programs and libraries. */
const FOLDERS = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** The folders of the host's programs, or where they lead as links. */
export function hostSystem(): { path: string; link: string | null }[] {
  return FOLDERS.map((name) => `/${name}`)
    .filter((path) => existsSync(path))
    .map((path) => ({ path, link: lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null }));
}

/** Arguments for bubblewrap that show the host's programs read-only: `/usr`, and `/bin` and its like as they are here. */
export function hostSystemArguments(): string[] {
  return hostSystem().flatMap(({ path, link }) =>
    link === null ? ["--ro-bind", path, path] : ["--symlink", link, path],
  );
}
