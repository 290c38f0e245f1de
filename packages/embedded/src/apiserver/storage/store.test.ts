import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { type AnyObject, parseEntry } from "./entry.ts";
import { type Store, createStore } from "./store.ts";

function openMemory(maxBytes?: number): Store {
  return createStore(openDatabase(":memory:", { maxBytes }));
}

let uids = 0;

function object(name: string, namespace: string | undefined, value: string): AnyObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, uid: `uid-${uids++}`, ...(namespace === undefined ? {} : { namespace }) },
    spec: { value },
  };
}

const step = fc.record({
  namespace: fc.constantFrom("a", "a-b", "a0"),
  name: fc.constantFrom("x", "y", "z"),
  act: fc.constantFrom("write", "write", "remove"),
  value: fc.string(),
});

describe("store", () => {
  it("shows every past revision as it was, in the order of keys", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = openMemory();
        const bucket = store.bucket("/things");
        const past = new Map<number, string[]>([[store.revision, []]]);
        const present = new Map<string, string>();
        for (const { namespace, name, act, value } of steps) {
          const key = `${namespace}/${name}`;
          const entry = store.get("/things", key);
          if (act === "remove") {
            if (entry !== undefined) store.remove(entry);
            present.delete(key);
          } else {
            const next =
              entry === undefined
                ? object(name, namespace, value)
                : { ...parseEntry(entry), spec: { value } };
            const written = entry === undefined ? store.create("/things", next) : store.update(entry, next);
            present.set(key, written?.json ?? "");
          }
          past.set(
            store.revision,
            [...present].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, json]) => json),
          );
        }
        for (const [revision, expected] of past) {
          expect(bucket.snapshot({ revision })?.map((entry) => entry.json)).toEqual(expected);
        }
        for (const namespace of ["a", "a-b", "a0"]) {
          const inside = bucket.snapshot({ namespace })?.map((entry) => entry.namespace);
          expect(inside).toEqual(
            bucket
              .snapshot({})
              ?.map((entry) => entry.namespace)
              .filter((each) => each === namespace),
          );
        }
        const first = past.keys().next().value ?? 0;
        expect(bucket.since(first)?.map((event) => event.revision)).toEqual([...past.keys()].slice(1));
      }),
    );
  });

  it("goes on after a given key", () => {
    const store = openMemory();
    for (const name of ["a", "b", "c", "d"]) store.create("/things", object(name, "n", ""));
    const names = (after: string, namespace?: string): (string | undefined)[] =>
      (store.bucket("/things").snapshot({ after, namespace }) ?? []).map((entry) => entry.name);
    expect(names("n/b")).toEqual(["c", "d"]);
    expect(names("n/bb", "n")).toEqual(["c", "d"]);
    expect(names("n/d", "n")).toEqual([]);
    expect(names("a/a", "n")).toEqual(["a", "b", "c", "d"]);
  });

  it("refuses a write from a state that is no longer the present one", () => {
    const store = openMemory();
    const first = store.create("/things", object("a", undefined, "1"));
    if (first === undefined) throw new Error("not created");
    expect(store.create("/things", object("a", undefined, "2"))).toBeUndefined();
    const second = store.update(first, { ...parseEntry(first), spec: { value: "3" } } as AnyObject);
    expect(store.update(first, parseEntry(first))).toBeUndefined();
    expect(store.remove(first)).toBeUndefined();
    expect(second?.revision).toBe(first.revision + 1);
    expect(store.byUid(first.uid)).toBe(second);
  });

  it("finds the dependents of an owner, also of one that never was", () => {
    const store = openMemory();
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "owner" };
    const child = object("c", "n", "");
    child.metadata.ownerReferences = [reference];
    const entry = store.create("/things", child);
    if (entry === undefined) throw new Error("not created");
    expect(store.dependents("owner")).toEqual([entry]);
    const freed = parseEntry(entry);
    delete freed.metadata.ownerReferences;
    store.update(entry, freed);
    expect(store.dependents("owner")).toEqual([]);
  });

  it("changes nothing when the disk is full, says so, and goes on once there is room", () => {
    const store = openMemory(200_000);
    const made = [];
    let refused: unknown;
    for (let index = 0; refused === undefined; index++) {
      try {
        made.push(store.create("/things", object(`big-${index}`, "n", "x".repeat(20_000))));
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ reason: "InsufficientStorage", code: 507 });
    expect(store.revision).toBe(made.at(-1)?.revision);
    expect(store.bucket("/things").entries.size).toBe(made.length);
    const [first] = made;
    if (first === undefined) throw new Error("nothing fitted");
    expect(store.remove(first)).toBeDefined();
    expect(store.create("/things", object("after", "n", "x".repeat(10_000)))).toBeDefined();
  });
});
