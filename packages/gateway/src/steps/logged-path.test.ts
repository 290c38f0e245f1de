import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loggedPath } from "./logged-path.ts";

const SECRET = "0123456789abcdef";
const name = fc.stringMatching(/^[a-z[\]%.-]{0,6}$/);
const part = fc.oneof(
  name.map((one) => `${one}=${SECRET}`),
  fc.constant(SECRET),
  name.map((one) => `${one}==${SECRET}=?${SECRET}`),
  fc.constant(""),
);

describe("the path in the access log", () => {
  it.each([
    ["/a/b", { drop: "/a/b", redact: "/a/b", keep: "/a/b" }],
    ["/a?x=1&y=2", { drop: "/a?…", redact: "/a?x=…&y=…", keep: "/a?x=1&y=2" }],
    ["/a?secret", { drop: "/a?…", redact: "/a?…", keep: "/a?secret" }],
    ["/a?x=1?y=2", { drop: "/a?…", redact: "/a?x=…", keep: "/a?x=1?y=2" }],
    ["/a?", { drop: "/a?…", redact: "/a?…", keep: "/a?" }],
  ] as const)("of %s says of the query what is asked for", (target, expected) => {
    for (const how of ["drop", "redact", "keep"] as const)
      expect(loggedPath(target, how)).toBe(expected[how]);
  });

  it("holds no value of a query unless all is to be kept", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.constantFrom("drop", "redact"), (parts, how) => {
        expect(loggedPath(`/alice/box/?${parts.join("&")}`, how)).not.toContain(SECRET);
      }),
    );
  });

  it("is cut where it is longer than anybody reads", () => {
    expect(loggedPath(`/${"a".repeat(5_000)}?${"b".repeat(5_000)}`, "keep")).toBe(
      `/${"a".repeat(1_023)}…?${"b".repeat(1_024)}…`,
    );
  });
});
