import { createReadStream } from "node:fs";
import { access, lstat, open, readdir, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HttpFailure } from "./http-failure.ts";
import { parseRange } from "./range.ts";
import { resolvePath } from "./resolve-path.ts";
import type { Settings } from "./settings.ts";

/** `GET /download/{path}`: a file's bytes, or a range of them. */
export async function download(
  settings: Settings,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = await resolvePath(settings.workspace, path);
  const file = await open(target).catch((error: NodeJS.ErrnoException) => {
    throw isMissing(error) ? new HttpFailure(404, "File not found") : error;
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new HttpFailure(404, "File not found");
    const range = parseRange(request.headers.range, stats.size);
    if (range === "unsatisfiable") {
      throw new HttpFailure(416, "The range is outside of the file.", {
        "content-range": `bytes */${stats.size}`,
      });
    }
    const { start, end } = range ?? { start: 0, end: stats.size - 1 };
    response.writeHead(range === null ? 200 : 206, {
      "content-type": "application/octet-stream",
      "content-length": Math.max(0, end - start + 1),
      "accept-ranges": "bytes",
      "last-modified": stats.mtime.toUTCString(),
      ...(range === null ? {} : { "content-range": `bytes ${start}-${end}/${stats.size}` }),
    });
    if (request.method === "HEAD" || end < start) {
      response.end();
      return;
    }
    await pipeline(createReadStream("", { fd: file, start, end, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

interface Entry {
  name: string;
  size: number;
  type: "file" | "directory";
  /** Seconds since the epoch. */
  mod_time: number;
}

/** `GET /list/{path}`: the entries of a folder, by name. */
export async function list(settings: Settings, path: string): Promise<Entry[]> {
  const target = await resolvePath(settings.workspace, path);
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    throw isMissing(error) ? new HttpFailure(404, "Not a directory") : error;
  });
  const entries = await Promise.all(
    names.toSorted().map(async (name): Promise<Entry | null> => {
      try {
        const full = join(target, name);
        // A link is shown as what it leads to where that is in the workspace, else as itself.
        const stats = await stat(await resolvePath(settings.workspace, full)).catch(() => lstat(full));
        return {
          name,
          size: stats.size,
          type: stats.isDirectory() ? "directory" : "file",
          mod_time: stats.mtimeMs / 1000,
        };
      } catch (error) {
        if (isMissing(error as NodeJS.ErrnoException)) return null;
        throw error;
      }
    }),
  );
  return entries.filter((entry) => entry !== null);
}

/** `GET /exists/{path}`. */
export async function exists(settings: Settings, path: string): Promise<{ path: string; exists: boolean }> {
  const target = await resolvePath(settings.workspace, path);
  const found = await access(target).then(
    () => true,
    () => false,
  );
  return { path, exists: found };
}

function isMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === "ENOENT" || error.code === "ENOTDIR";
}
