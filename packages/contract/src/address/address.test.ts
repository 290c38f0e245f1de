import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost, printHost } from "./host-address.ts";
import { isSandboxName, isUserName, parsePath, printPath } from "./path-address.ts";

const userName = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
const sandboxName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,5})?$/);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const rest = fc.webPath().map((path) => (path.startsWith("/") ? path : `/${path}`));

describe("the path form", () => {
  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(userName, sandboxName, port, rest, (user, sandbox, number, path) => {
        const address = { user, sandbox, port: number, rest: path };
        expect(parsePath(printPath(address))).toEqual({ kind: "address", address });
      }),
    );
  });

  it("reads anything without throwing, and what it reads prints as it came but for a missing slash", () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => `/${text}`),
        (target) => {
          const parsed = parsePath(target);
          if (parsed.kind !== "address") return;
          expect(isUserName(parsed.address.user) && isSandboxName(parsed.address.sandbox)).toBe(true);
          const printed = printPath(parsed.address);
          expect([target, target.replace(/^(\/[^/]+\/[^/?]+)/, "$1/")]).toContain(printed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["/alice/box", { user: "alice", sandbox: "box", port: undefined, rest: "/" }],
    ["/alice/box?x=1", { user: "alice", sandbox: "box", port: undefined, rest: "/?x=1" }],
    [
      "/alice/box:8000/a//b/../c?d=/e",
      { user: "alice", sandbox: "box", port: 8000, rest: "/a//b/../c?d=/e" },
    ],
    ["/sandboxes/health/", { user: "sandboxes", sandbox: "health", port: undefined, rest: "/" }],
    ["/A.b_c/a.b/%2e%2e", { user: "A.b_c", sandbox: "a.b", port: undefined, rest: "/%2e%2e" }],
  ])("reads %s", (target, address) => {
    expect(parsePath(target)).toEqual({ kind: "address", address });
  });

  it.each([
    "/alice",
    "//box/",
    "/alice//",
    "/al%69ce/box/",
    "/alice/b%6fx/",
    "/alice/Box/",
    "/alice/box:/",
    "/alice/box:0/",
    "/alice/box:65536/",
    "/alice/box:08/",
    "/alice/box:80:80/",
    "/../box/",
    "/alice/../",
    "/_/box/",
    `/${"a".repeat(64)}/box/`,
    "alice/box/",
  ])("refuses %s", (target) => {
    expect(parsePath(target).kind).toBe("malformed");
  });

  it.each(["/health", "/healthz?x", "/readyz", "/sandboxes", "/metrics", "/-/api/v1", "/-"])(
    "leaves %s to the gateway",
    (target) => {
      expect(parsePath(target).kind).toBe("own");
    },
  );
});

describe("the host form", () => {
  const label = fc.stringMatching(/^[a-z0-9](-?[a-z0-9]){0,8}$/);

  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(label, label, port, (user, sandbox, number) => {
        const host = printHost({ user, sandbox, port: number }, "localhost");
        expect(host).not.toBeNull();
        expect(parseHost(host ?? "", "localhost")).toEqual({ user, sandbox, port: number });
      }),
    );
  });

  it("never prints what it would read as something else", () => {
    fc.assert(
      fc.property(userName, sandboxName, port, (user, sandbox, number) => {
        const address = { user, sandbox, port: number };
        const host = printHost(address, "x.example");
        if (host !== null) expect(parseHost(host, "x.example")).toEqual(address);
      }),
    );
  });

  it.each([
    ["box--alice.example.com", { user: "alice", sandbox: "box", port: undefined }],
    ["BOX--alice.Example.com", { user: "alice", sandbox: "box", port: undefined }],
    ["8000--box--alice.example.com", { user: "alice", sandbox: "box", port: 8000 }],
    ["example.com", null],
    ["box--alice.example.org", null],
    ["box.example.com", "malformed"],
    ["a--b--c--d.example.com", "malformed"],
    ["x--box--alice.example.com", "malformed"],
    ["99999--box--alice.example.com", "malformed"],
    ["www.box--alice.example.com", "malformed"],
  ])("reads %s", (host, address) => {
    expect(parseHost(host, "example.com")).toEqual(address);
  });
});
