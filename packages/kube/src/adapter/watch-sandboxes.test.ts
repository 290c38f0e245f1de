import { setImmediate } from "node:timers/promises";
import { silentLogger } from "@sandgate/contract";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSandboxCluster } from "./fake-sandbox-cluster.ts";
import { watchSandboxes, type SandboxWatch, type WatchSandboxesOptions } from "./watch-sandboxes.ts";

/** Lets everything that is ready run, timers within the time included. */
async function pass(ms: number): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await vi.advanceTimersByTimeAsync(ms / 6);
    await setImmediate();
  }
}
const settle = (): Promise<void> => pass(240_000);

type Names = "a" | "b" | "c" | "d";
type Step =
  | { do: "put"; name: Names }
  | { do: "remove"; name: Names }
  | { do: "serve"; versions: ("v1alpha1" | "v1beta1")[] }
  | { do: "lag"; alpha: number; beta: number }
  | { do: "cut"; refused: number }
  | { do: "mislead"; times: number }
  | { do: "compact" }
  | { do: "wait"; ms: number };

const name = fc.constantFrom<Names>("a", "b", "c", "d");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), name }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("remove" as const), name }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("serve" as const),
      versions: fc.constantFrom<("v1alpha1" | "v1beta1")[]>(
        ["v1alpha1"],
        ["v1alpha1", "v1beta1"],
        ["v1beta1"],
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("lag" as const),
      alpha: fc.constantFrom(0, 50, 3_000),
      beta: fc.constantFrom(0, 50, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), refused: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mislead" as const), times: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "compact" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(60, 600, 6_000, 9_500, 60_000),
    }),
  },
);

/** Keeps what was told, and notes what must never be told. */
function listener(cluster: FakeSandboxCluster): {
  told: Map<string, string>;
  wrong: string[];
  onChange: WatchSandboxesOptions["onChange"];
} {
  const told = new Map<string, string>();
  const gone = new Set<string>();
  const wrong: string[] = [];
  return {
    told,
    wrong,
    onChange(uid, entry) {
      const known = told.get(uid);
      if (entry === undefined) {
        const there = [...cluster.sandboxes.state.values()].some((one) => one.startsWith(`${uid}@`));
        if (there) wrong.push(`${uid} lost`);
        if (known === undefined) wrong.push(`${uid} gone without having been there`);
        told.delete(uid);
        gone.add(uid);
        return;
      }
      const version = entry.sandbox.resourceVersion;
      if (gone.has(uid)) wrong.push(`${uid} revived`);
      if (known === version) wrong.push(`${uid} told twice at ${version}`);
      if (Number(version) < Number(known)) wrong.push(`${uid} went back from ${known} to ${version}`);
      told.set(uid, version);
    },
  };
}

const stateOf = (cluster: FakeSandboxCluster): Map<string, string> =>
  new Map([...cluster.sandboxes.state.values()].map((one) => one.split("@") as [string, string]));

describe("following sandboxes", () => {
  let watch: SandboxWatch | undefined;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(async () => {
    await watch?.close();
    vi.useRealTimers();
  });

  it("loses, doubles and revives none, whatever versions come and go and however far each lags", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const cluster = new FakeSandboxCluster("v1alpha1");
        for (const one of ["a", "b", "c"]) cluster.sandboxes.put(one);
        const { told, wrong, onChange } = listener(cluster);
        const followed = watchSandboxes({ client: cluster.client, onChange });
        watch = followed;
        for (const one of steps) {
          if (one.do === "put") cluster.sandboxes.put(one.name);
          else if (one.do === "remove") cluster.sandboxes.remove(one.name);
          else if (one.do === "serve") cluster.serve(...one.versions);
          else if (one.do === "lag") Object.assign(cluster.lagMs, { v1alpha1: one.alpha, v1beta1: one.beta });
          else if (one.do === "cut") cluster.sandboxes.cut(one.refused);
          else if (one.do === "mislead") cluster.misleading = one.times;
          else if (one.do === "compact") cluster.sandboxes.compact();
          else await pass(one.ms);
        }
        await settle();
        expect(wrong).toEqual([]);
        expect(told).toEqual(stateOf(cluster));
        expect(followed.health).toMatchObject({ synced: true, error: null });
        await followed.close();
      }),
      { numRuns: 200 },
    );
  }, 30_000);

  /** Follows a cluster until all of it is told. */
  async function follow(
    cluster: FakeSandboxCluster,
    more: Partial<WatchSandboxesOptions> = {},
  ): Promise<ReturnType<typeof listener> & { watch: SandboxWatch }> {
    const heard = listener(cluster);
    watch = watchSandboxes({ client: cluster.client, onChange: heard.onChange, ...more });
    await pass(100);
    return { ...heard, watch };
  }

  it("goes on in the old version while the new one's list is under way, and drops nothing at the change", async () => {
    const cluster = new FakeSandboxCluster("v1alpha1");
    for (const one of ["a", "b", "c"]) cluster.sandboxes.put(one);
    const { told, wrong } = await follow(cluster);
    cluster.lagMs.v1beta1 = 3_000;
    cluster.serve("v1alpha1", "v1beta1");
    await pass(11_000);
    // The list in v1beta1 is on its way and knows none of this.
    cluster.sandboxes.put("a");
    cluster.sandboxes.remove("b");
    cluster.sandboxes.put("d");
    await pass(60);
    expect(told).toEqual(stateOf(cluster));
    await pass(20_000);
    expect(wrong).toEqual([]);
    expect(told).toEqual(stateOf(cluster));
    cluster.serve("v1beta1");
    cluster.lagMs.v1beta1 = 0;
    cluster.sandboxes.put("b");
    await pass(20_000);
    expect(wrong).toEqual([]);
    expect(told).toEqual(stateOf(cluster));
  });

  it("reads the other version as soon as its own is served no more", async () => {
    const cluster = new FakeSandboxCluster("v1alpha1");
    cluster.sandboxes.put("a");
    const { told, wrong } = await follow(cluster);
    cluster.serve("v1beta1");
    cluster.sandboxes.put("b");
    await pass(1_000);
    expect(wrong).toEqual([]);
    expect(told).toEqual(stateOf(cluster));
  });

  it("stays with the version it reads while a newer one is announced that cannot be read", async () => {
    const cluster = new FakeSandboxCluster("v1alpha1");
    cluster.sandboxes.put("a");
    const { told, watch: followed } = await follow(cluster);
    const broken = cluster.breakVersion("v1beta1");
    cluster.serve("v1alpha1", "v1beta1");
    await pass(40_000);
    cluster.sandboxes.put("b");
    await pass(60);
    expect(told).toEqual(stateOf(cluster));
    expect(followed.health).toMatchObject({ synced: true, error: "conversion webhook failed" });
    broken.mend();
    await settle();
    cluster.serve("v1beta1");
    cluster.sandboxes.put("c");
    await pass(1_000);
    expect(told).toEqual(stateOf(cluster));
    expect(followed.health.error).toBeNull();
  });

  it("waits for agent-sandbox where it is missing, says so, and is synced once it is there", async () => {
    const cluster = new FakeSandboxCluster();
    cluster.extensions = false;
    const warned: unknown[] = [];
    const logger = { ...silentLogger, warn: (...said: unknown[]) => warned.push(said) };
    const { told, watch: followed } = await follow(cluster, { logger });
    await pass(60_000);
    expect(followed.health).toMatchObject({ synced: false, agentSandbox: "missing" });
    expect(followed.health.error).toBe(
      "agent-sandbox is not installed: the cluster serves no agents.x-k8s.io",
    );
    cluster.serve("v1beta1");
    cluster.sandboxes.put("a");
    await pass(6_000);
    await followed.synced;
    expect(told).toEqual(stateOf(cluster));
    expect(followed.health).toMatchObject({ synced: true, agentSandbox: "core", error: null });
    cluster.extensions = true;
    await pass(11_000);
    expect(followed.health.agentSandbox).toBe("complete");
    expect(warned).toEqual([
      [
        "sandboxes cannot be followed",
        { error: "agent-sandbox is not installed: the cluster serves no agents.x-k8s.io" },
      ],
      [expect.stringContaining("the cluster serves no extensions.agents.x-k8s.io")],
    ]);
  });

  it("keeps what it knows while something else answers in the API server's place", async () => {
    const cluster = new FakeSandboxCluster("v1beta1");
    cluster.sandboxes.put("a");
    const { told, wrong, watch: followed } = await follow(cluster);
    cluster.impostor = true;
    cluster.sandboxes.cut();
    await settle();
    expect(told.size).toBe(1);
    expect(followed.health).toMatchObject({ synced: true, agentSandbox: "missing" });
    cluster.impostor = false;
    await pass(20_000);
    expect(wrong).toEqual([]);
    expect(told).toEqual(stateOf(cluster));
    expect(followed.health).toMatchObject({ agentSandbox: "complete", error: null });
  });

  it("keeps what it knows for a while after the definitions are gone, then takes it for gone with them", async () => {
    const cluster = new FakeSandboxCluster("v1beta1");
    cluster.sandboxes.put("a");
    const { told, watch: followed } = await follow(cluster);
    cluster.serve();
    await pass(10_000);
    expect(told.size).toBe(1);
    const { syncedAtMs } = followed.health;
    await pass(20_000);
    expect(told.size).toBe(0);
    expect(followed.health).toMatchObject({ synced: true, agentSandbox: "missing", syncedAtMs });
    cluster.sandboxes.remove("a");
    cluster.sandboxes.put("b");
    cluster.serve("v1alpha1");
    await pass(20_000);
    expect(told).toEqual(stateOf(cluster));
    expect(followed.health).toMatchObject({ agentSandbox: "complete", error: null });
  });

  it("can be closed at any time", async () => {
    const cluster = new FakeSandboxCluster("v1alpha1");
    cluster.sandboxes.put("a");
    cluster.lagMs.v1beta1 = 3_000;
    const { watch: followed } = await follow(cluster);
    cluster.serve("v1alpha1", "v1beta1");
    await pass(11_000);
    await followed.close();
    const unsynced = watchSandboxes({ client: cluster.client, onChange: () => {} });
    await unsynced.close();
    await expect(unsynced.synced).rejects.toThrow("closed before it was synced");
  });
});
