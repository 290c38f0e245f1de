import { describe, expect, it } from "vitest";
import { aheadOf } from "./read-cluster.ts";

const NOON_MS = Date.UTC(2026, 0, 1, 12);
const NOON = new Date(NOON_MS).toUTCString();

describe("aheadOf", () => {
  it.each([
    ["sent and received within its second", NOON_MS + 100, NOON_MS + 900, 0],
    ["sent before it and received after it", NOON_MS - 30_000, NOON_MS + 30_000, 0],
    ["sent a minute after it", NOON_MS + 60_999, NOON_MS + 61_500, 60_000],
    ["received a minute before it", NOON_MS - 61_000, NOON_MS - 60_000, -60_000],
  ])("of a date that was %s", (_what, sentMs, receivedMs, aheadMs) => {
    expect(aheadOf(NOON, sentMs, receivedMs)).toBe(aheadMs);
  });

  it.each([undefined, "", "noon", ["a", "b"]])("is unknown for %j", (date) => {
    expect(aheadOf(date, NOON_MS, NOON_MS)).toBeNull();
  });
});
