import type { KubeList, KubeObject, Stored } from "@sandgate/contract";
import { KubeError, KubeUnreachableError } from "../client/errors.ts";
import type { KubeClient, ListOptions, WatchEvent, WatchOptions } from "../client/kube-client.ts";

interface Entry {
  revision: number;
  event: WatchEvent<KubeObject>;
}

/**
 * A server of one kind in memory, as far as lists and watches go: versions, pages of one snapshot, a window of events,
 * bookmarks, and everything that can go wrong between them. For tests of what follows a server.
 */
export class FakeServer {
  readonly #objects = new Map<string, Stored<KubeObject>>();
  #events: Entry[] = [];
  #revision = 1;
  #oldest = 1;
  #uid = 0;
  #watchers = new Set<() => void>();
  #broken = 0;
  #generation = 0;
  readonly #snapshots = new Map<string, Stored<KubeObject>[]>();
  readonly #namespace: string | undefined;
  lists = 0;

  /** @param namespace - Of its objects; absent for a cluster-scoped kind. */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  get state(): Map<string, string> {
    return new Map(
      [...this.#objects].map(([name, object]) => [
        name,
        `${object.metadata.uid}@${object.metadata.resourceVersion}`,
      ]),
    );
  }

  put(name: string): void {
    const known = this.#objects.get(name);
    const uid = known?.metadata.uid ?? `uid-${++this.#uid}`;
    this.#record(name, known === undefined ? "ADDED" : "MODIFIED", uid);
  }

  remove(name: string): void {
    const known = this.#objects.get(name);
    if (known !== undefined) this.#record(name, "DELETED", known.metadata.uid);
  }

  /** Forgets what was: watches from older versions are answered with 410. */
  compact(): void {
    this.#events = [];
    this.#oldest = this.#revision;
    this.#snapshots.clear();
  }

  /** Cuts every connection, and refuses the next ones. */
  cut(refused: number = 0): void {
    this.#broken = refused;
    for (const wake of this.#watchers) wake();
    this.#generation++;
  }

  #record(name: string, type: "ADDED" | "MODIFIED" | "DELETED", uid: string): void {
    const revision = ++this.#revision;
    const scope = this.#namespace === undefined ? {} : { namespace: this.#namespace };
    const object = {
      metadata: { ...scope, name, uid, resourceVersion: String(revision) },
    } as Stored<KubeObject>;
    if (type === "DELETED") this.#objects.delete(name);
    else this.#objects.set(name, object);
    this.#events.push({ revision, event: { type, object } });
    for (const wake of this.#watchers) wake();
  }

  #list(options: ListOptions): KubeList<Stored<KubeObject>> {
    this.lists++;
    this.#refuse();
    const [version = String(this.#revision), from = "0"] = options.continue?.split(":") ?? [];
    const items = options.continue === undefined ? [...this.#objects.values()] : this.#snapshots.get(version);
    if (items === undefined) throw new KubeError(410, "Expired", "the list has expired");
    this.#snapshots.set(version, items);
    const start = Number(from);
    // Two an answer, however many are asked for, so that small histories have pages.
    const page = items.slice(start, start + 2);
    const more = start + 2 < items.length;
    return {
      metadata: { resourceVersion: version, ...(more ? { continue: `${version}:${start + 2}` } : {}) },
      items: page,
    };
  }

  async *#watch(options: WatchOptions): AsyncGenerator<WatchEvent<KubeObject>> {
    this.#refuse();
    let seen = Number(options.resourceVersion);
    if (seen < this.#oldest) throw new KubeError(410, "Expired", "too old resource version");
    const generation = this.#generation;
    options.onOpen?.();
    for (;;) {
      // What it has not read was forgotten meanwhile.
      if (seen < this.#oldest) throw new KubeError(410, "Expired", "too old resource version");
      for (const { revision, event } of this.#events.filter((entry) => entry.revision > seen)) {
        seen = revision;
        yield event;
        // Told twice, as a server may after a reconnect.
        if (revision % 5 === 0) yield event;
      }
      if (seen % 3 === 0) yield { type: "BOOKMARK", object: { metadata: { resourceVersion: String(seen) } } };
      if (generation !== this.#generation) throw new KubeUnreachableError("the connection was cut");
      // Whoever reads slowly may have aborted it meanwhile.
      options.signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
        options.signal?.addEventListener("abort", () => {
          this.#watchers.delete(wake);
          reject(options.signal?.reason instanceof Error ? options.signal.reason : new Error("aborted"));
        });
      });
      if (generation !== this.#generation) throw new KubeUnreachableError("the connection was cut");
    }
  }

  #refuse(): void {
    if (this.#broken === 0) return;
    this.#broken--;
    throw new KubeUnreachableError("connection refused");
  }

  get client(): KubeClient {
    const unused = (): never => {
      throw new Error("not part of this server");
    };
    return {
      server: "memory:",
      get: unused,
      create: unused,
      replace: unused,
      patch: unused,
      delete: unused,
      request: unused,
      connect: unused,
      list: (async (_resource: unknown, options: ListOptions = {}) =>
        this.#list(options)) as KubeClient["list"],
      watch: ((_resource: unknown, options: WatchOptions = {}) =>
        this.#watch(options)) as KubeClient["watch"],
      close: async () => {},
    };
  }
}
