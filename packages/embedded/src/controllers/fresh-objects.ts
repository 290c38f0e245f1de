import type { KubeObject, Stored } from "@sandgate/contract";
import { objectKey, type Change, type Informer } from "@sandgate/kube";

/** How long a write is believed without the watch having shown it, in milliseconds: a new list may skip it for ever. */
const BELIEVED_MS = 10_000;

/** How many objects that are gone are remembered. */
const GONE_REMEMBERED = 2_000;

/**
 * An informer's view together with what this process wrote and the watch has not shown yet. Without it a pass right after
 * a write decides on what was there before, and writes the same again.
 */
export class FreshObjects<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #written = new Map<string, { object: Stored<T>; untilMs: number }>();
  /** UIDs of objects whose end was seen: the answer to a write just before it may come after. */
  readonly #gone = new Set<string>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  get(key: string): Stored<T> | undefined {
    const known = this.#informer.get(key);
    const written = this.#written.get(key);
    if (written === undefined) return known;
    if (Date.now() < written.untilMs && (known === undefined || isNewer(written.object, known)))
      return written.object;
    this.#written.delete(key);
    return known;
  }

  /** Remembers what the server answered to a write. */
  wrote(object: Stored<T>): void {
    if (this.#gone.has(object.metadata.uid)) return;
    this.#written.set(objectKey(object), { object, untilMs: Date.now() + BELIEVED_MS });
  }

  /** Tells of a change that the informer has seen. */
  changed(change: Change<T>): void {
    const key = objectKey(change.object);
    if (change.type === "deleted") this.#bury(change.object.metadata.uid);
    const written = this.#written.get(key);
    if (written === undefined || written.object.metadata.uid !== change.object.metadata.uid) return;
    if (change.type === "deleted" || !isNewer(written.object, change.object)) this.#written.delete(key);
  }

  #bury(uid: string): void {
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > GONE_REMEMBERED && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** What was written and the watch has not shown. */
  *unseen(): Iterable<Stored<T>> {
    for (const [key, { object }] of this.#written) {
      if (this.#informer.get(key) === undefined && this.get(key) !== undefined) yield object;
    }
  }
}

/** Resource versions of one kind are increasing integers (KEP-5504); others count as seen when they are equal. */
function isNewer(a: Stored<KubeObject>, b: Stored<KubeObject>): boolean {
  const left = a.metadata.resourceVersion;
  const right = b.metadata.resourceVersion;
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false;
  return BigInt(left) > BigInt(right);
}
