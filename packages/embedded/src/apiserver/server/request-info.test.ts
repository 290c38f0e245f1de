import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequestInfo } from "./request-info.ts";

const segment = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/);
/** Names may hold what has to be encoded in a path. */
const name = fc.oneof(
  segment,
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.includes("/")),
);

describe("request info", () => {
  it("finds again every part that a path was made of", () => {
    const parts = fc.record({
      group: fc.oneof(fc.constant(""), segment),
      version: segment,
      namespace: fc.option(segment, { nil: undefined }),
      plural: segment.filter((text) => text !== "namespaces" && text !== "status" && text !== "finalize"),
      name: fc.option(name, { nil: undefined }),
      subresource: fc.option(segment, { nil: undefined }),
    });
    fc.assert(
      fc.property(parts, (given) => {
        const { group, version, namespace, plural, name: own, subresource } = given;
        const path = [
          group === "" ? "/api" : `/apis/${group}`,
          version,
          ...(namespace === undefined ? [] : ["namespaces", namespace]),
          plural,
          ...(own === undefined ? [] : [encodeURIComponent(own)]),
          ...(own === undefined || subresource === undefined ? [] : [subresource]),
        ].join("/");
        const info = parseRequestInfo("GET", `${path}?labelSelector=a%3Db`);
        expect(info?.resource).toEqual({
          ...given,
          subresource: own === undefined ? undefined : subresource,
        });
        expect(info?.verb).toBe(own === undefined ? "list" : "get");
        expect(info?.query.get("labelSelector")).toBe("a=b");
      }),
    );
  });

  it("takes any text for a URL", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"),
        (url, method) => {
          expect(() => parseRequestInfo(method, url)).not.toThrow();
        },
      ),
    );
  });

  it.each([
    ["GET", "/api/v1/namespaces", "list", "namespaces", undefined, undefined],
    ["GET", "/api/v1/namespaces/a", "get", "namespaces", "a", undefined],
    ["PUT", "/api/v1/namespaces/a/finalize", "update", "namespaces", "a", "finalize"],
    ["PATCH", "/api/v1/namespaces/a/status", "patch", "namespaces", "a", "status"],
    ["GET", "/api/v1/namespaces/a/pods?watch=1", "watch", "pods", undefined, undefined],
    ["GET", "/api/v1/namespaces/a/pods?watch=false", "list", "pods", undefined, undefined],
    ["GET", "/api/v1/namespaces/a/pods/p?watch=true", "watch", "pods", "p", undefined],
    ["GET", "/api/v1/namespaces/a/pods/p/log?watch=true", "get", "pods", "p", "log"],
    ["DELETE", "/api/v1/pods", "deletecollection", "pods", undefined, undefined],
    ["DELETE", "/apis/g/v1/things/t", "delete", "things", "t", undefined],
    ["POST", "/api/v1/namespaces/a/pods/p/eviction", "create", "pods", "p", "eviction"],
  ])("%s %s is %s of %s %s %s", (method, url, verb, plural, name, subresource) => {
    expect(parseRequestInfo(method, url)).toMatchObject({ verb, resource: { plural, name, subresource } });
  });

  it.each(["/", "/api", "/api/v1", "/apis", "/apis/g", "/apis/g/v1", "/version", "/openapi/v3/apis/g/v1"])(
    "%s is about no resource",
    (path) => {
      expect(parseRequestInfo("GET", path)?.resource).toBeUndefined();
    },
  );

  it("refuses a path that cannot be decoded", () => {
    expect(parseRequestInfo("GET", "/api/v1/pods/%E0%A4%A")).toBeUndefined();
  });
});
