import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startSandgateUp } from "../support/sandgate-up.ts";

/** Generous: it says whether a compiler or the sources have come back, not what the figure is. */
const LIMIT_MIB = 150;

describe("npm start", () => {
  it("answers, also when started twice at once, and stays small", async () => {
    const starts = await Promise.all([
      startSandgateUp({ npmStart: true }),
      startSandgateUp({ npmStart: true }),
    ]);
    try {
      for (const { url, process } of starts) {
        const response = await fetch(`${url}/alice/my-sandbox/`);
        expect(response.status).toBe(200);
        expect(residentMib(process.pid ?? 0)).toBeLessThan(LIMIT_MIB);
      }
    } finally {
      await Promise.all(starts.map((one) => one[Symbol.asyncDispose]()));
    }
  });
});

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
