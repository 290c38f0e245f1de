import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { uploadBigFile } from "../support/upload-big-file.ts";
import { startSandgateUp } from "../support/sandgate-up.ts";

const MIB = 1024 ** 2;
const GROWTH_KIB = 64 * 1024;

/** A line of what the kernel says of a process's memory. */
function memoryKib(pid: number, name: "VmHWM" | "VmRSS"): number {
  return Number(
    new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1],
  );
}

it("a file of 256 MiB goes through the gateway into a sandbox, whole, in memory that does not grow with it", async () => {
  await using up = await startSandgateUp({ args: ["--demo"] });
  const pid = up.process.pid ?? 0;
  // From here on the peak is counted anew.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = memoryKib(pid, "VmRSS");
  const sent = await uploadBigFile(`${up.url}/alice/my-sandbox`, "big", 256 * MIB);
  expect(sent.status).toBe(200);
  const peak = memoryKib(pid, "VmHWM");
  const answer = await fetch(`${up.url}/alice/my-sandbox/execute`, {
    method: "POST",
    body: JSON.stringify({ command: "sha256sum < big" }),
  });
  expect(await answer.json()).toMatchObject({ stdout: `${sent.sha256}  -\n`, exit_code: 0 });
  expect(peak - before).toBeLessThan(GROWTH_KIB);
});
