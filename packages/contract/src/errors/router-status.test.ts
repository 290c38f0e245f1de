import { describe, expect, it } from "vitest";
import { ERROR_CATALOGUE, type ErrorCode } from "./catalogue.ts";
import { routerStatusOf } from "./router-status.ts";

const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
/** What can only be told before a byte of the request is sent to the sandbox. */
const BEFORE: ReadonlySet<ErrorCode> = new Set([
  "REFUSED",
  "UNREACHABLE",
  "SANDBOX_NOT_FOUND",
  "SANDBOX_NOT_READY",
  "SANDBOX_ENDED",
  "NOT_SYNCED",
  "DRAINING",
  "UPGRADE_UNSUPPORTED",
  "CIRCUIT_OPEN",
]);

describe("the status of an error in header form", () => {
  it.each(["POST", "PATCH", "LOCK"])(
    "is never one that makes a client repeat a %s that was sent",
    (method) => {
      for (const code of codes.filter((one) => !BEFORE.has(one))) {
        expect(routerStatusOf(code, method, true), code).toBeLessThan(500);
      }
    },
  );

  it.each([
    ["TOO_SLOW", "POST", true, 408],
    ["TOO_SLOW", "GET", true, 504],
    ["BROKEN", "POST", true, 424],
    ["BROKEN", "PUT", true, 502],
    ["BROKEN", "POST", false, 502],
    ["INTERNAL", "POST", false, 500],
    ["SANDBOX_NOT_FOUND", "POST", false, 502],
    ["REFUSED", "POST", false, 502],
    ["FORBIDDEN", "POST", false, 403],
    ["ADDRESS_MALFORMED", "GET", false, 400],
  ] as const)("of %s for a %s (sent: %s) is %i", (code, method, reached, status) => {
    expect(routerStatusOf(code, method, reached)).toBe(status);
  });
});
