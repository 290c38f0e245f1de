import { describe, expect, it } from "vitest";
import { rescopeCookie, rescopeUrl } from "./rescope.ts";

const TO = { prefix: "/alice/box:8000", host: "gate.example:8080", path: "/a/b" };

describe("a reference of a sandbox that knows nothing of its prefix", () => {
  it.each([
    ["/", "/alice/box:8000/"],
    ["/a/b?c=/d#e", "/alice/box:8000/a/b?c=/d#e"],
    ["/alice/box:8000", "/alice/box:8000"],
    ["/alice/box:8000/login", "/alice/box:8000/login"],
    ["/alice/box:8000?x", "/alice/box:8000?x"],
    ["/alice/box:80000/x", "/alice/box:8000/alice/box:80000/x"],
    ["login", "login"],
    ["../x", "../x"],
    ["../../x", "/alice/box:8000/x"],
    ["..\\..\\../bob/box/x?y", "/alice/box:8000/bob/box/x?y"],
    ["/a/../../../bob/box", "/alice/box:8000/bob/box"],
    ["/alice/box:8000/%2e%2e/../bob/box/", "/alice/box:8000/bob/box/"],
    ["/alice/box:8000/a/../b", "/alice/box:8000/b"],
    ["http://gate.example:8080/alice/box:8000/../../bob", "http://gate.example:8080/alice/box:8000/bob"],
    ["//gate.example:8080/bob", "//gate.example:8080/alice/box:8000/bob"],
    ["mailto:../..", "mailto:../.."],
    ["\\bob", "/alice/box:8000/\\bob"],
    ["\\\\gate.example:8080\\bob", "/alice/box:8000/\\\\gate.example:8080\\bob"],
    ["http:///a@gate.example:8080/bob", "http:///a@gate.example:8080/alice/box:8000/bob"],
    ["http:/bob", "/alice/box:8000/bob"],
    [".\t./../bob", "/alice/box:8000/bob"],
    ["http://gate.example:8080\\bob", "http://gate.example:8080/alice/box:8000/\\bob"],
    ["?page=2", "?page=2"],
    ["#top", "#top"],
    ["", ""],
    ["//other.example/x", "//other.example/x"],
    ["https://other.example/x", "https://other.example/x"],
    ["http://gate.example:8080/x", "http://gate.example:8080/alice/box:8000/x"],
    ["http://GATE.example:8080", "http://GATE.example:8080/alice/box:8000/"],
    ["http://gate.example:8080?x", "http://gate.example:8080/alice/box:8000/?x"],
    ["http://gate.example:8080/alice/box:8000/x", "http://gate.example:8080/alice/box:8000/x"],
    ["http://gate.example/x", "http://gate.example/x"],
    ["mailto:a@b", "mailto:a@b"],
  ])("%s is %s for the client", (url, expected) => {
    expect(rescopeUrl(url, TO)).toBe(expected);
  });
});

describe("a cookie of a sandbox with an origin of its own", () => {
  it.each([
    ["a=1; Path=/x; Secure", "a=1; Path=/x; Secure"],
    ["a=1; Domain=example.com; Path=/", "a=1; Path=/"],
    ["a=1", "a=1"],
  ])("%s is for no other sandbox of the domain: %s", (cookie, expected) => {
    expect(rescopeCookie(cookie, { ...TO, prefix: "" })).toBe(expected);
  });
});

describe("a cookie of a sandbox", () => {
  it.each([
    ["a=1", "a=1; Path=/alice/box:8000/"],
    ["a=1; Path=/", "a=1; Path=/alice/box:8000/"],
    ["a=1; path=/app; HttpOnly", "a=1; Path=/alice/box:8000/app; HttpOnly"],
    ["a=1; Path=/alice/box:8000/app", "a=1; Path=/alice/box:8000/app"],
    ["a=1; Path=/bob", "a=1; Path=/alice/box:8000/bob"],
    ["a=1; Path=relative", "a=1; Path=/alice/box:8000/"],
    ["a=1; Domain=example; Secure", "a=1; Path=/alice/box:8000/; Secure"],
    [
      "a=1;domain=.example;PATH=/x; SameSite=Lax; Max-Age=5",
      "a=1; Path=/alice/box:8000/x; SameSite=Lax; Max-Age=5",
    ],
    ["a=b=c; Path", "a=b=c; Path=/alice/box:8000/"],
    [`a=1; Path=/${"x".repeat(1024)}`, "a=1; Path=/alice/box:8000/"],
  ])("%s is seen by that sandbox alone: %s", (cookie, expected) => {
    expect(rescopeCookie(cookie, TO)).toBe(expected);
  });
});
