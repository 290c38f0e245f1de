/** The images that people install, made by the documented commands. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildRuntime } from "@sandgate/runtime/build";
import { cacheFolder } from "../../../scripts/cache-folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/**
 * Makes both images. The runtime's takes a minute and a Debian mirror, so it is kept in the cache for as long as nothing
 * that goes into it changes.
 *
 * @returns Paths of their archives.
 */
export async function makeImages(folder: string): Promise<{ gateway: string; runtime: string }> {
  const gateway = join(folder, "gateway.tar");
  await makeImage("gateway", gateway);
  const runtime = join(cacheFolder(), "images", `runtime-${await runtimeKey()}.tar`);
  if (!existsSync(runtime)) {
    mkdirSync(dirname(runtime), { recursive: true });
    const part = `${runtime}.${process.pid}`;
    await makeImage("runtime", part);
    renameSync(part, runtime);
  }
  return { gateway, runtime };
}

async function runtimeKey(): Promise<string> {
  const sources = join(root, "scripts", "image");
  const hash = createHash("sha256")
    .update(process.version)
    .update(readFileSync(await buildRuntime()));
  for (const name of readdirSync(sources).toSorted()) hash.update(readFileSync(join(sources, name)));
  return hash.digest("hex").slice(0, 12);
}

async function makeImage(kind: string, target: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, "scripts", "image", "main.ts"), kind, target], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`npm run image -- ${kind} ended with ${code}: ${errors.slice(-4000)}`);
}
