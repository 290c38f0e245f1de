import type { Pod, Stored } from "@sandgate/contract";
import type { Informer } from "@sandgate/kube";
import { describe, expect, it } from "vitest";
import { samplePod } from "../../test/support/sample-objects.ts";
import { FreshObjects } from "./fresh-objects.ts";

const KEY = "default/box";
const version = (resourceVersion: string): Stored<Pod> => samplePod("box", { metadata: { resourceVersion } });

describe("FreshObjects", () => {
  function open(): {
    fresh: FreshObjects<Pod>;
    show(pod: Stored<Pod>): void;
    remove(pod: Stored<Pod>): void;
  } {
    const known = new Map<string, Stored<Pod>>();
    const informer: Informer<Pod> = {
      get: (key) => known.get(key),
      list: () => known.values(),
      byIndex: () => [],
      size: 0,
      health: { synced: true, seenAtMs: 0, error: null },
      version: null,
      synced: Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const fresh = new FreshObjects(informer);
    return {
      fresh,
      show(object) {
        known.set(KEY, object);
        fresh.changed({ type: "added", object });
      },
      remove(object) {
        known.delete(KEY);
        fresh.changed({ type: "deleted", object });
      },
    };
  }

  it("knows what was written before the watch shows it", () => {
    const { fresh } = open();
    fresh.wrote(version("5"));
    expect(fresh.get(KEY)?.metadata.resourceVersion).toBe("5");
    expect([...fresh.unseen()]).toHaveLength(1);
  });

  it("prefers what was written to an older version of the watch, and a newer version to what was written", () => {
    const { fresh, show } = open();
    show(version("9"));
    fresh.wrote(version("10"));
    expect(fresh.get(KEY)?.metadata.resourceVersion).toBe("10");
    expect([...fresh.unseen()]).toHaveLength(0);
    show(version("11"));
    expect(fresh.get(KEY)?.metadata.resourceVersion).toBe("11");
  });

  it("forgets what was written when the watch shows its end", () => {
    const { fresh, show, remove } = open();
    show(version("9"));
    fresh.wrote(version("10"));
    remove(version("11"));
    expect(fresh.get(KEY)).toBeUndefined();
  });

  it("does not bring back an object whose end was seen before the answer to a write", () => {
    const { fresh, show, remove } = open();
    show(version("9"));
    remove(version("11"));
    fresh.wrote(version("10"));
    expect(fresh.get(KEY)).toBeUndefined();
  });
});
