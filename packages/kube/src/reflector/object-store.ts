import type { KubeObject, Stored } from "@sandgate/contract";
import { objectKey, type Change } from "./informer.ts";

type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[];

/** Keys under one value of an index; most have a single one, which needs no set. */
type Keys = string | Set<string>;

/**
 * The local copy of one kind. Everything that enters is fenced by UID and version, so that a late or doubled event does
 * nothing and an object deleted and made again is told as both.
 */
export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; entries: Map<string, Keys> }>();
  readonly #onChange: (change: Change<T>) => void;

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>, onChange: (change: Change<T>) => void) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, entries: new Map() });
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): Stored<T> | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<Stored<T>> {
    return this.#objects.values();
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  byIndex(index: string, key: string): readonly Stored<T>[] {
    const keys = this.#indexes.get(index)?.entries.get(key) ?? [];
    return (typeof keys === "string" ? [keys] : [...keys]).flatMap((one) => this.#objects.get(one) ?? []);
  }

  /** The object as a list or an ADDED or MODIFIED event showed it. */
  put(object: Stored<T>): void {
    const key = objectKey(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) {
      this.#set(key, object);
      this.#onChange({ type: "added", object });
    } else if (previous.metadata.uid !== object.metadata.uid) {
      this.#unset(key, previous);
      this.#onChange({ type: "deleted", object: previous });
      this.#set(key, object);
      this.#onChange({ type: "added", object });
    } else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) {
      this.#unset(key, previous);
      this.#set(key, object);
      this.#onChange({ type: "modified", object, previous });
    }
  }

  /** The object as a DELETED event showed it; another one of the same name stays. */
  remove(object: Stored<T>): void {
    const key = objectKey(object);
    const known = this.#objects.get(key);
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    this.#unset(key, known);
    this.#onChange({ type: "deleted", object });
  }

  /** Drops every object whose key a complete list did not have. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, object] of this.#objects) {
      if (keys.has(key)) continue;
      this.#unset(key, object);
      this.#onChange({ type: "deleted", object });
    }
  }

  #set(key: string, object: Stored<T>): void {
    this.#objects.set(key, object);
    for (const { of, entries } of this.#indexes.values()) {
      for (const value of of(object)) {
        const keys = entries.get(value);
        if (keys === undefined) entries.set(value, key);
        else if (typeof keys !== "string") keys.add(key);
        else if (keys !== key) entries.set(value, new Set([keys, key]));
      }
    }
  }

  #unset(key: string, object: Stored<T>): void {
    this.#objects.delete(key);
    for (const { of, entries } of this.#indexes.values()) {
      for (const value of of(object)) {
        const keys = entries.get(value);
        if (keys === key) entries.delete(value);
        else if (typeof keys === "object" && keys.delete(key) && keys.size === 0) entries.delete(value);
      }
    }
  }
}
