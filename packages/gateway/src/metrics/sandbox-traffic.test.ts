import { describe, expect, it } from "vitest";
import { SandboxTraffic } from "./sandbox-traffic.ts";

const MINUTE_MS = 60_000;

function rows(traffic: SandboxTraffic): Record<string, number> {
  return Object.fromEntries(
    traffic
      .samples()
      .map(({ labels: [user, sandbox, code], value }) => [`${user}/${sandbox} ${code}`, value]),
  );
}

function count(traffic: SandboxTraffic, name: string, times: number, nowMs: number): void {
  for (let time = 0; time < times; time++) traffic.count(`uid-${name}`, `alice/${name}`, 2, nowMs);
}

describe("requests by sandbox", () => {
  it("have a row for each sandbox and class of status, as long as there are rows", () => {
    const traffic = new SandboxTraffic(2);
    traffic.count("1", "alice/a", 2, 0);
    traffic.count("1", "alice/a", 5, 0);
    traffic.count("2", "bob/b", 2, 0);
    traffic.count("3", "bob/c", 2, 0);
    traffic.count("4", "bob/d", 2, 0);
    expect(rows(traffic)).toEqual({ "alice/a 2xx": 1, "alice/a 5xx": 1, "bob/b 2xx": 1, "/other 2xx": 2 });
  });

  it("are not counted at all where no sandbox has a row", () => {
    const traffic = new SandboxTraffic(0);
    count(traffic, "a", 3, 0);
    expect(traffic.samples()).toEqual([]);
  });

  it("give the row of a calm sandbox to one with more than twice its requests, and it begins with nothing", () => {
    const traffic = new SandboxTraffic(2);
    count(traffic, "calm", 2, 0);
    count(traffic, "steady", 9, 0);
    count(traffic, "busy", 5, 0);
    expect(rows(traffic)).toEqual({ "alice/calm 2xx": 2, "alice/steady 2xx": 9, "/other 2xx": 5 });
    count(traffic, "busy", 1, MINUTE_MS);
    count(traffic, "calm", 1, MINUTE_MS);
    expect(rows(traffic)).toEqual({ "alice/steady 2xx": 9, "alice/busy 2xx": 1, "/other 2xx": 6 });
  });

  it("let two of the same size not take turns", () => {
    const traffic = new SandboxTraffic(1);
    for (let minute = 0; minute < 5; minute++) {
      count(traffic, "one", 5, minute * MINUTE_MS);
      count(traffic, "other", 9, minute * MINUTE_MS);
    }
    expect(rows(traffic)).toEqual({ "alice/one 2xx": 25, "/other 2xx": 45 });
  });

  it("never let a counter of the others fall or jump by what a row had", () => {
    const traffic = new SandboxTraffic(3);
    let before = 0;
    let told = 0;
    for (let minute = 0; minute < 20; minute++) {
      for (let name = 0; name < 10; name++) {
        const times = (name * 7 + minute * 3) % 11;
        count(traffic, String(name), times, minute * MINUTE_MS);
        told += times;
      }
      const now = rows(traffic)["/other 2xx"] ?? 0;
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(told);
      before = now;
    }
  });

  it("go on in the same row when a sandbox is made anew under its address", () => {
    const traffic = new SandboxTraffic(1);
    traffic.count("first", "alice/a", 2, 0);
    traffic.count("second", "alice/a", 2, 0);
    traffic.count("second", "alice/a", 2, MINUTE_MS);
    expect(rows(traffic)).toEqual({ "alice/a 2xx": 3 });
  });

  it("take no more memory however many sandboxes there are", () => {
    const traffic = new SandboxTraffic(2);
    for (let name = 0; name < 50_000; name++) count(traffic, String(name), 1, 0);
    expect(rows(traffic)).toEqual({ "alice/0 2xx": 1, "alice/1 2xx": 1, "/other 2xx": 49_998 });
    expect(traffic.watched).toBe(10_002);
    count(traffic, "0", 1, MINUTE_MS);
    expect(traffic.watched).toBe(2);
  });
});
