import { setImmediate } from "node:timers/promises";
import type { KubeObject } from "@sandgate/contract";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change, Informer } from "./informer.ts";
import { createInformer } from "./create-informer.ts";
import { FakeServer } from "./fake-server.ts";

const THINGS = { group: "example.com", version: "v1", plural: "things", kind: "Thing", namespaced: false };

type Step =
  | { do: "put" | "remove"; name: string }
  | { do: "compact" }
  | { do: "cut"; refused: number }
  | { do: "wait" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("put" as const), name: fc.constantFrom("a", "b", "c", "d", "e") }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("remove" as const),
      name: fc.constantFrom("a", "b", "c", "d", "e"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "compact" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), refused: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: "wait" as const }) },
);

/** Lets everything that is ready run, timers of back-off included. */
async function settle(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await vi.advanceTimersByTimeAsync(15_000);
    await setImmediate();
  }
}

describe("an informer", () => {
  let informer: Informer<KubeObject> | undefined;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(async () => {
    await informer?.close();
    vi.useRealTimers();
  });

  it("ends with the server's state and has told every change once, through cuts, refusals and compactions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const server = new FakeServer();
        const told = new Map<string, string>();
        const wrong: string[] = [];
        const onChange = (change: Change<KubeObject>): void => {
          const { name, uid, resourceVersion } = change.object.metadata;
          const known = told.get(name);
          const next = `${uid}@${resourceVersion}`;
          if (change.type === "added" && known !== undefined) wrong.push(`${name} added twice`);
          if (change.type === "modified" && known === undefined)
            wrong.push(`${name} modified before it was added`);
          if (change.type === "modified" && known?.split("@")[0] !== uid)
            wrong.push(`${name} modified into another`);
          if (change.type !== "deleted" && known === next) wrong.push(`${name} told twice`);
          if (change.type === "deleted" && known?.split("@")[0] !== uid)
            wrong.push(`${name} deleted without being there`);
          if (change.type === "deleted") told.delete(name);
          else told.set(name, next);
        };
        server.put("a");
        server.put("b");
        server.put("c");
        const followed = createInformer({ client: server.client, resource: THINGS, onChange });
        informer = followed;
        for (const one of steps) {
          if (one.do === "put") server.put(one.name);
          else if (one.do === "remove") server.remove(one.name);
          else if (one.do === "compact") server.compact();
          else if (one.do === "cut") server.cut(one.refused);
          else await settle();
        }
        await settle();
        expect(wrong).toEqual([]);
        expect(told).toEqual(server.state);
        const held = new Map(
          [...followed.list()].map(({ metadata }) => [
            metadata.name,
            `${metadata.uid}@${metadata.resourceVersion}`,
          ]),
        );
        expect(held).toEqual(server.state);
        expect(followed.health).toMatchObject({ synced: true });
        await followed.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("goes on from where it was when a watch is cut, without a new list", async () => {
    const server = new FakeServer();
    server.put("a");
    informer = createInformer({ client: server.client, resource: THINGS });
    await settle();
    const before = server.lists;
    server.cut();
    server.put("b");
    await settle();
    expect(informer.size).toBe(2);
    expect(server.lists).toBe(before);
  });

  it("takes a silent watch for dead and opens it anew", async () => {
    const server = new FakeServer();
    server.put("a");
    const opened: string[] = [];
    const { client } = server;
    const watched: typeof client = {
      ...client,
      watch: ((resource: never, options: { resourceVersion?: string }) => {
        opened.push(options.resourceVersion ?? "");
        return client.watch(resource, options);
      }) as typeof client.watch,
    };
    informer = createInformer({ client: watched, resource: THINGS, silenceMs: 5_000 });
    await settle();
    expect(opened.length).toBeGreaterThan(3);
    expect(new Set(opened).size).toBe(1);
  });

  it("says how it stands: not synced, synced, and the failure while there is one", async () => {
    const server = new FakeServer();
    server.cut(3);
    const seen: string[] = [];
    informer = createInformer({
      client: server.client,
      resource: THINGS,
      onHealth: ({ synced, error }) => seen.push(`${synced} ${error}`),
    });
    expect(informer.health).toEqual({ synced: false, seenAtMs: 0, error: null });
    await settle();
    server.cut(2);
    await settle();
    expect(seen).toEqual([
      "false connection refused",
      "true null",
      "true the connection was cut",
      "true connection refused",
      "true null",
    ]);
  });

  it("finds objects by an index, also after they have changed", async () => {
    const server = new FakeServer();
    server.put("a");
    const even = (version: string): string => (Number(version) % 2 === 0 ? "even" : "odd");
    informer = createInformer({
      client: server.client,
      resource: THINGS,
      indexes: { parity: ({ metadata }) => [even(metadata.resourceVersion)] },
    });
    await settle();
    expect(informer.byIndex("parity", "even").map(({ metadata }) => metadata.name)).toEqual(["a"]);
    server.put("a");
    await settle();
    expect(informer.byIndex("parity", "even")).toEqual([]);
    expect(informer.byIndex("parity", "odd").map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  it("keeps several objects under one value of an index, and each until it goes", async () => {
    const server = new FakeServer();
    for (const name of ["a", "b", "c"]) server.put(name);
    const followed = createInformer({
      client: server.client,
      resource: THINGS,
      indexes: { all: () => ["one"] },
    });
    informer = followed;
    const names = (): string[] => followed.byIndex("all", "one").map(({ metadata }) => metadata.name);
    await settle();
    expect(names().toSorted()).toEqual(["a", "b", "c"]);
    for (const name of ["b", "a", "c"]) {
      server.remove(name);
      await settle();
      expect(names()).not.toContain(name);
      expect(names()).toHaveLength(followed.size);
    }
    expect(followed.size).toBe(0);
  });

  it("treats what is not to be kept as if it were not there", async () => {
    const server = new FakeServer();
    const told: string[] = [];
    const even = (version: string): boolean => Number(version) % 2 === 0;
    informer = createInformer({
      client: server.client,
      resource: THINGS,
      keep: ({ metadata }) => even(metadata.resourceVersion),
      onChange: ({ type, object }) => told.push(`${type} ${object.metadata.name}`),
    });
    server.put("a");
    server.put("b");
    await settle();
    expect(told).toEqual(["added a"]);
    server.put("a");
    server.put("a");
    await settle();
    expect(told).toEqual(["added a", "modified a", "deleted a"]);
    server.remove("b");
    await settle();
    expect(informer.size).toBe(0);
  });

  it("rejects its promise to be synced when it is closed before", async () => {
    const server = new FakeServer();
    server.cut(1000);
    informer = createInformer({ client: server.client, resource: THINGS });
    const { synced } = informer;
    await informer.close();
    await expect(synced).rejects.toThrow("closed before it was synced");
  });
});
