import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRuntimeProcess, type RuntimeProcess } from "./support/runtime-process.ts";
import { uploadBigFile } from "../../../test/support/upload-big-file.ts";

const GIB = 1024 ** 3;
const MOST_KIB = 200 * 1024;

let runtime: RuntimeProcess;

beforeAll(async () => {
  runtime = await startRuntimeProcess({ PATH: process.env["PATH"] ?? "" });
});

afterAll(() => runtime.close());

/** The most memory that the process has had at any time. */
function peakKib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

it("takes a file of 1 GiB whole, in memory that does not grow with it", { timeout: 180_000 }, async () => {
  const sent = await uploadBigFile(runtime.url, "big", GIB);
  expect(sent.status).toBe(200);
  const path = join(runtime.workspace, "big");
  expect(statSync(path).size).toBe(GIB);
  expect(await sha256Of(path)).toBe(sent.sha256);
  expect(peakKib(runtime.pid)).toBeLessThan(MOST_KIB);
});
