import { lstat, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import { HttpFailure } from "./http-failure.ts";

/**
 * The file that a caller means, inside the workspace.
 *
 * @param path - Relative to the workspace; an absolute one must lie in it. Already percent-decoded.
 * @throws HttpFailure 400 for what is no path, 403 for one that leaves the workspace by `..` or by a symbolic link.
 */
export async function resolvePath(workspace: string, path: string): Promise<string> {
  if (path.includes("\0")) throw new HttpFailure(400, "The path holds a NUL byte.");
  const target = isAbsolute(path) ? normalize(path) : resolve(workspace, join(".", path));
  if (!isInside(workspace, target)) throw outside();
  // The deepest part that exists decides where the path really leads; what is not there yet has no links.
  const root = await realpath(workspace);
  let existing = target;
  for (;;) {
    try {
      const real = await realpath(existing);
      if (!isInside(root, real)) throw outside();
      return join(real, relative(existing, target));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ELOOP") throw outside();
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
      // A link that leads nowhere: writing through it could make a file outside.
      if (code === "ENOENT" && (await isLink(existing))) throw outside();
      const parent = dirname(existing);
      if (parent === existing) throw outside();
      existing = parent;
    }
  }
}

function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function outside(): HttpFailure {
  return new HttpFailure(403, "Access denied: the path leaves the workspace.");
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
