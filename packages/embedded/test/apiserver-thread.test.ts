import { readFileSync, readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, it } from "vitest";
import { openTestServer } from "./support/apiserver-client.ts";

/** Priorities of this process's threads by their names. */
function priorities(): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const id of readdirSync("/proc/self/task")) {
    const name = readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
    found.set(name, (found.get(name) ?? new Set()).add(getPriority(Number(id))));
  }
  return found;
}

it("lets every other thread of the process go before the API server's", async () => {
  const usual = getPriority();
  const test = await openTestServer();
  try {
    const all = priorities();
    expect(all.get("apiserver")).toEqual(new Set([Math.min(19, usual + 5)]));
    all.delete("apiserver");
    expect(new Set([...all.values()].flatMap((each) => [...each]))).toEqual(new Set([usual]));
  } finally {
    await test.close();
  }
});
