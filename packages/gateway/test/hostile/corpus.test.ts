import { describe, expect, it } from "vitest";
import { parseRequests } from "./reference/parse-requests.ts";
import { HOSTILE_REQUESTS } from "./requests/corpus.ts";

const requests = Object.values(HOSTILE_REQUESTS).flat();

/** Refused for where they go or what they ask for, not for their form: to the parser they are requests. */
const BY_RULE = /^(target|host|pipe-second-foreign-host|upgrade)/;
/** The gateway reads no further than their first request. */
const FIRST_ONLY = "upgrade-refused-then-request";

describe("the corpus of hostile requests", () => {
  it("holds more than 200 messages, each under a name of its own", () => {
    expect(requests.length).toBeGreaterThan(200);
    expect(new Set(requests.map(({ id }) => id)).size).toBe(requests.length);
  });

  it("is bytes, and says for each what it is and where it is from", () => {
    for (const { id, what, source, bytes } of requests) {
      expect(Buffer.from(bytes, "latin1").toString("latin1"), id).toBe(bytes);
      expect(what.length * source.length, id).toBeGreaterThan(0);
    }
  });

  it.each(requests.map((request) => [request.id, request] as const))(
    "%s is to the reference parser what the corpus expects",
    (id, { bytes, expected }) => {
      const { messages, rest } = parseRequests(bytes);
      if ("pass" in expected) {
        expect(rest).toBe("empty");
        expect(messages).toHaveLength(id === FIRST_ONLY ? 2 : expected.pass);
      } else if (!(BY_RULE.test(id) && rest === "empty")) {
        expect(rest).toEqual(
          expected.ends === true ? "more" : { wrong: expect.any(String), phase: expect.any(String) },
        );
        expect(messages).toHaveLength(expected.before ?? 0);
      }
    },
  );
});
