import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { HttpFailure } from "./http-failure.ts";
import { resolvePath } from "./resolve-path.ts";
import type { Settings } from "./settings.ts";

/**
 * `POST /upload`: a multipart form whose field `file` carries the file; its file name is the path in the workspace. The
 * file is written beside its place and moved there when it is whole, so that an upload cut short leaves the old one.
 *
 * @returns The path that was written, relative to the workspace.
 */
export async function upload(settings: Settings, request: IncomingMessage): Promise<string> {
  const type = request.headers["content-type"];
  if (type === undefined || !/^multipart\/form-data\s*;/i.test(type)) {
    throw new HttpFailure(400, 'Send the file as multipart/form-data in a field "file".');
  }
  let form: InstanceType<typeof Busboy>;
  try {
    form = new Busboy({
      headers: request.headers as BusboyHeaders,
      preservePath: true,
      limits: { fields: 16, files: 1 },
    });
  } catch (error) {
    throw new HttpFailure(400, `The form cannot be read: ${(error as Error).message}`);
  }
  const written: Promise<string>[] = [];
  form.on("file", (field: string, file: Readable, name: string | undefined) => {
    if (field !== "file" || name === undefined || name === "") {
      file.resume();
      return;
    }
    const one = write(settings, name, file);
    // Told below; a failure here must not end the process meanwhile.
    one.catch(() => file.resume());
    written.push(one);
  });
  try {
    await pipeline(request, form);
  } catch (error) {
    await Promise.allSettled(written);
    throw new HttpFailure(400, `The form cannot be read: ${(error as Error).message}`);
  }
  const [path] = await Promise.all(written);
  if (path === undefined) throw new HttpFailure(400, 'The form has no field "file" with a file name.');
  return path;
}

async function write(settings: Settings, name: string, file: Readable): Promise<string> {
  const target = await resolvePath(settings.workspace, name);
  const existing = await stat(target).catch(() => null);
  if (existing?.isDirectory() === true || target === settings.workspace) {
    throw new HttpFailure(400, `${name} is a folder.`);
  }
  await mkdir(dirname(target), { recursive: true });
  const part = join(dirname(target), `.upload-${randomBytes(6).toString("hex")}`);
  try {
    await pipeline(file, createWriteStream(part, { flags: "wx" }));
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOSPC")
      throw new HttpFailure(507, "No space left in the sandbox.");
    throw error;
  }
  return name;
}
