import { describe, expect, it } from "vitest";
import { describeError } from "./describe-error.ts";

describe("an error for a log", () => {
  it("has its stack and those of its causes", () => {
    const text = describeError(new Error("outside", { cause: new TypeError("inside") }));
    expect(text).toMatch(/^Error: outside\n {4}at .+\ncaused by: TypeError: inside\n {4}at /s);
  });

  it("has nothing of its other properties", () => {
    const error = Object.assign(new Error("refused"), { headers: { "x-api-key": "k-123" } });
    expect(describeError(error)).not.toContain("k-123");
  });

  it.each([
    ["Authorization: Bearer abc.def-1", "Authorization: Bearer [hidden]"],
    ["authorization basic dXNlcjpwdw==", "authorization basic [hidden]"],
    ["token eyJhbGciOi.eyJzdWIiOi.c2ln is old", "token [hidden] is old"],
    ["GET https://user:pw@127.0.0.1/x failed", "GET https://[hidden]@127.0.0.1/x failed"],
    ["-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----!", "[hidden]!"],
  ])("has no credential: %s", (message, told) => {
    expect(describeError(message)).toBe(told);
  });

  it("ends for one that is its own cause, and for what is no error", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeError(error)).toContain("round");
    expect(describeError(null)).toBe("null");
    expect(describeError(undefined)).toBe("undefined");
  });
});
