import type { KubeObject, NormalSandbox, Stored } from "@sandgate/contract";
import { beforeEach, describe, expect, it } from "vitest";
import { createSandboxLedger, isNewer, type SandboxLedger, type SandboxReader } from "./sandbox-ledger.ts";

const box = (uid: string, version: number): Stored<KubeObject> => ({
  metadata: { namespace: "default", name: uid, uid, resourceVersion: String(version) },
});
const reader = (version: number, ...has: string[]): SandboxReader => ({
  version: String(version),
  has: (sandbox: NormalSandbox) => has.includes(sandbox.uid),
});

describe("the ledger of sandboxes", () => {
  let told: string[];
  let ledger: SandboxLedger;
  beforeEach(() => {
    told = [];
    ledger = createSandboxLedger((uid, sandbox) =>
      told.push(sandbox === undefined ? `${uid} gone` : `${uid}@${sandbox.resourceVersion}`),
    );
  });
  const put = (from: SandboxReader, uid: string, version: number): void =>
    ledger.take(from, { type: "added", object: box(uid, version) });
  const remove = (from: SandboxReader, uid: string): void =>
    ledger.take(from, { type: "deleted", object: box(uid, 0) });

  it("takes one reader's word as it comes, also where versions run backwards", () => {
    const only = reader(1);
    ledger.join(only);
    put(only, "a", 9);
    put(only, "a", 3);
    expect(told).toEqual(["a@9", "a@3"]);
  });

  it("tells a sandbox once that two readers see", () => {
    const [before, after] = [reader(1), reader(1)];
    ledger.join(before);
    put(before, "a", 5);
    ledger.join(after);
    put(after, "a", 5);
    expect(told).toEqual(["a@5"]);
  });

  it("does not go back to what a reader that is behind has seen, but takes what is newer", () => {
    const [before, after] = [reader(1), reader(1)];
    ledger.join(before);
    ledger.join(after);
    put(before, "a", 12);
    put(after, "a", 9);
    put(after, "a", 100);
    put(before, "a", 13);
    expect(told).toEqual(["a@12", "a@100"]);
  });

  it("does not bring back by one reader what the other has seen go", () => {
    const [before, after] = [reader(1), reader(1)];
    ledger.join(before);
    put(before, "a", 5);
    ledger.join(after);
    remove(before, "a");
    put(after, "a", 5);
    ledger.leave(before);
    put(after, "a", 6);
    remove(after, "a");
    expect(told).toEqual(["a@5", "a gone"]);
  });

  it("drops at the change what the new reader does not have, except what it has yet to hear of", () => {
    const before = reader(1);
    ledger.join(before);
    put(before, "kept", 5);
    put(before, "deleted", 6);
    put(before, "news", 12);
    const after = reader(10, "kept");
    ledger.join(after);
    ledger.leave(before);
    ledger.settle(after);
    expect(told.slice(3)).toEqual(["deleted gone"]);
    // It hears of it, and that it is gone, between two looks: a later look finds it.
    ledger.settle({ ...after, version: "20" });
    expect(told.slice(4)).toEqual(["news gone"]);
    expect(ledger.size).toBe(1);
  });

  it("drops nothing by a reader that has not listed yet", () => {
    const before = reader(1);
    ledger.join(before);
    put(before, "a", 5);
    ledger.settle({ version: null, has: () => false });
    expect(ledger.get("a")).toBeDefined();
  });

  it("hears nothing of a reader that has left", () => {
    const before = reader(1);
    ledger.join(before);
    ledger.leave(before);
    put(before, "a", 5);
    expect(told).toEqual([]);
  });
});

describe("isNewer", () => {
  it.each([
    ["10", "9", true],
    ["9", "10", false],
    ["10", "10", false],
    ["18446744073709551616", "18446744073709551615", true],
    ["abc", "9", true],
    ["abc", "abc", false],
  ])("%s than %s: %s", (a, b, newer) => {
    expect(isNewer(a, b)).toBe(newer);
  });
});
