import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { SandboxEntry, SandboxWatchHealth } from "@sandgate/kube";
import { createRouteTable, type RouteTable } from "../routes/route-table.ts";
import { createRouteCopy, type RouteCopy } from "./route-copy.ts";
import { createRouteFeed, type RouteFeed } from "./route-feed.ts";

const health: SandboxWatchHealth = {
  synced: true,
  syncedAtMs: 1,
  error: null,
  agentSandbox: "complete",
};

const table = (): RouteTable => createRouteTable({ userLabel: "user", userNamespaces: undefined });

function entry(uid: string, name: string, createdAtMs: number): SandboxEntry {
  return {
    sandbox: {
      namespace: uid,
      name,
      uid,
      resourceVersion: "1",
      createdAtMs,
      labels: { user: "alice" },
      annotations: {},
      desired: "Running",
      deleting: false,
      conditions: [],
      podIps: [],
      service: null,
      serviceFqdn: null,
      ports: [],
      podName: name,
      shutdownAtMs: null,
    },
    pod: undefined,
    state: { state: "Starting", reason: "PodPending", message: "" },
  };
}

const listed = ({ routes }: { readonly routes: RouteTable }): unknown[] =>
  [...routes.list()].toSorted((a, b) => (a.sandboxUid < b.sandboxUid ? -1 : 1));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a feed of routes", () => {
  let feed: RouteFeed;
  afterEach(() => feed.close());

  function open(): { copy: RouteCopy; copied: Promise<void> } {
    const copy = createRouteCopy(table());
    return { copy, copied: feed.join(copy).copied };
  }

  it("tells a new reader everything, what changes while it is told among it", async () => {
    feed = createRouteFeed(table(), () => health);
    for (let n = 0; n < 2_000; n++) feed.put(`u${n}`, entry(`u${n}`, `box-${n}`, n));
    const { copy, copied } = open();
    feed.put("u0", undefined);
    feed.put("u1999", undefined);
    feed.put("late", entry("late", "late", 1));
    await copied;
    await turn();
    expect(copy.routes.size).toBe(1_999);
    expect(listed(copy)).toEqual(listed(feed));
    expect(copy.health).toEqual(health);
  });

  it("tells a new reader that the sandboxes are known when it has been told of all of them", async () => {
    feed = createRouteFeed(table(), () => health);
    for (let n = 0; n < 2_000; n++) feed.put(`u${n}`, entry(`u${n}`, `box-${n}`, n));
    const { copy, copied } = open();
    while (copy.routes.size < 2_000) {
      feed.healthChanged();
      expect(copy.health.synced).toBe(false);
      await turn();
    }
    await copied;
    expect(copy.health.synced).toBe(true);
  });

  it("tells a change of health after the changes that came before it", async () => {
    const now = { ...health, synced: false };
    feed = createRouteFeed(table(), () => now);
    const { copy, copied } = open();
    await copied;
    expect(copy.health.synced).toBe(false);
    feed.put("u", entry("u", "box", 1));
    feed.healthChanged();
    expect(copy.routes.find("alice", "box")?.sandboxUid).toBe("u");
  });

  it("goes on refusing a copy's sandbox the address that the feed's own was refused, when the other is gone", async () => {
    feed = createRouteFeed(table(), () => health);
    feed.put("old", entry("old", "box", 1));
    feed.put("young", entry("young", "box", 2));
    feed.put("old", undefined);
    const { copy, copied } = open();
    await copied;
    expect(copy.routes.find("alice", "box")?.state).toBe("Conflict");
    expect(copy.routes.refusalOf("young")).toBe(feed.routes.refusalOf("young"));
  });

  it("has every reader at the same routes, whenever it came", async () => {
    const steps = fc.array(
      fc.record({
        act: fc.constantFrom("put", "put", "put", "delete", "join", "turn"),
        uid: fc.constantFrom("a", "b", "c", "d"),
        name: fc.constantFrom("one", "two"),
        createdAtMs: fc.nat(3),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        feed = createRouteFeed(table(), () => health);
        const copies: RouteCopy[] = [];
        for (const { act, uid, name, createdAtMs } of list) {
          if (act === "put") feed.put(uid, entry(uid, name, createdAtMs));
          else if (act === "delete") feed.put(uid, undefined);
          else if (act === "join") copies.push(open().copy);
          else await turn();
        }
        await turn();
        for (const copy of copies) expect(listed(copy)).toEqual(listed(feed));
        feed.close();
      }),
    );
  });
});
