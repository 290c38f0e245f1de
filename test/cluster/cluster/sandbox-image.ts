/** The image of the sandboxes of the tests: our runtime, a shell and a few programs of this machine. */
import { spawnSync } from "node:child_process";
import { buildRuntime } from "@sandgate/runtime/build";
import { packImage } from "./images.ts";

export const SANDBOX_IMAGE = "sandgate.test/sandbox:1";

const PROGRAMS = [
  "/bin/sh",
  "/bin/cat",
  "/bin/false",
  "/bin/ls",
  "/bin/rm",
  "/bin/sleep",
  "/bin/true",
  "/usr/bin/touch",
];

/** @returns Path of the image's archive, in `folder`. */
export async function sandboxImage(folder: string): Promise<string> {
  const runtime = await buildRuntime();
  const node = process.execPath;
  const files: Record<string, string> = { "/usr/bin/node": node, "/opt/sandgate-runtime.mjs": runtime };
  for (const program of PROGRAMS) files[program] = program;
  for (const library of librariesOf([node, ...PROGRAMS])) files[library] = library;
  return packImage(folder, SANDBOX_IMAGE, ["/usr/bin/node", "/opt/sandgate-runtime.mjs"], files);
}

/** Shared libraries of the programs, the loader among them. */
function librariesOf(programs: readonly string[]): ReadonlySet<string> {
  const run = spawnSync("ldd", programs, { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`ldd: ${run.stderr}`);
  return new Set([...run.stdout.matchAll(/(?:=>)?\s+(\/\S+) \(0x/g)].map((match) => match[1] ?? ""));
}
