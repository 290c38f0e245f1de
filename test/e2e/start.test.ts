import { describe, expect, it } from "vitest";
import { startSandgateUp } from "../support/sandgate-up.ts";

describe("npm start", () => {
  it("answers, also when started twice at once", async () => {
    const starts = await Promise.all([
      startSandgateUp({ npmStart: true }),
      startSandgateUp({ npmStart: true }),
    ]);
    try {
      for (const { url } of starts) {
        const response = await fetch(`${url}/alice/my-sandbox/`);
        expect(response.status).toBe(200);
      }
    } finally {
      await Promise.all(starts.map((one) => one[Symbol.asyncDispose]()));
    }
  });
});
