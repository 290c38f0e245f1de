import type { StoreEvent } from "../storage/entry.ts";
import type { Api } from "./api.ts";

/** As long as a cluster keeps its Events by default, counted from the last write. */
const LIFETIME_MS = 3_600_000;
const SWEEP_MS = 60_000;
const EVENTS = "/events";

/**
 * Removes Events that are over; nobody else does.
 *
 * @returns Stops it.
 */
export function startEventExpiry(api: Api): () => void {
  const { store } = api;
  /** Uids in the order in which they end. */
  const ends = new Map<string, number>();

  function note(uid: string): void {
    ends.delete(uid);
    ends.set(uid, api.now() + LIFETIME_MS);
  }

  function sweep(): void {
    for (const [uid, endsAt] of ends) {
      if (endsAt > api.now()) return;
      ends.delete(uid);
      const entry = store.byUid(uid);
      if (entry === undefined) continue;
      try {
        store.remove(entry);
      } catch (error) {
        api.logger.warn("an Event could not be removed", { name: entry.key, error: String(error) });
        note(uid);
        return;
      }
    }
  }

  const unsubscribe = store.subscribe(({ type, entry }: StoreEvent) => {
    if (entry.bucket !== EVENTS) return;
    if (type === "DELETED") ends.delete(entry.uid);
    else note(entry.uid);
  });
  for (const entry of store.bucket(EVENTS).entries.values()) note(entry.uid);
  const timer = setInterval(sweep, SWEEP_MS);
  return () => {
    unsubscribe();
    clearInterval(timer);
  };
}
