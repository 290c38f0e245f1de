import type { KubeObject, NormalSandbox } from "@sandgate/contract";
import type { Change } from "../reflector/informer.ts";
import { unpack } from "./packed.ts";

/** What reads sandboxes in one API version; compared by identity. */
export interface SandboxReader {
  /** Whether its copy has this very Sandbox. */
  has(sandbox: NormalSandbox): boolean;
  /** Version up to which its copy is complete; null before its first list. */
  readonly version: string | null;
}

/**
 * Sandboxes by UID. One reader feeds it, and two while the version they are read in changes. Each of the two may be behind
 * the other, so an entry that came from one gives way only to a newer one of the other, and what one has seen go does not
 * come back by the other. As long as there is one reader its word counts as it comes, also where versions run backwards
 * because a cluster was restored from a backup.
 */
export interface SandboxLedger {
  readonly size: number;
  get(uid: string): NormalSandbox | undefined;
  /** A change of a packed object that the reader saw; nothing happens if it is not among the readers. */
  take(reader: SandboxReader, change: Change<KubeObject>): void;
  join(reader: SandboxReader): void;
  leave(reader: SandboxReader): void;
  /** Drops what came from readers that left, is not in this one's copy, and is no news that it has yet to hear. */
  settle(reader: SandboxReader): void;
  /** Drops everything. */
  clear(): void;
}

interface Entry {
  sandbox: NormalSandbox;
  from: SandboxReader;
}

/** @param onChange - Told of each sandbox that is new or changed, and of each that is gone (`undefined`). */
export function createSandboxLedger(
  onChange: (uid: string, sandbox: NormalSandbox | undefined) => void,
): SandboxLedger {
  const entries = new Map<string, Entry>();
  const readers = new Set<SandboxReader>();
  /** UIDs that went while there were two readers. UIDs are never used again. */
  const gone = new Set<string>();

  function drop(uid: string): void {
    if (entries.delete(uid)) onChange(uid, undefined);
  }

  return {
    get size() {
      return entries.size;
    },
    get: (uid) => entries.get(uid)?.sandbox,
    take(reader, { type, object }) {
      if (!readers.has(reader)) return;
      const { uid, resourceVersion } = object.metadata;
      if (type === "deleted") {
        if (readers.size > 1) gone.add(uid);
        else gone.delete(uid);
        drop(uid);
        return;
      }
      if (gone.has(uid)) return;
      const known = entries.get(uid);
      if (known !== undefined && known.from !== reader) {
        if (known.sandbox.resourceVersion === resourceVersion) {
          known.from = reader;
          return;
        }
        if (!isNewer(resourceVersion, known.sandbox.resourceVersion)) return;
      }
      const sandbox = unpack(object);
      entries.set(uid, { sandbox, from: reader });
      onChange(uid, sandbox);
    },
    join(reader) {
      gone.clear();
      readers.add(reader);
    },
    leave: (reader) => void readers.delete(reader),
    clear() {
      for (const uid of entries.keys()) drop(uid);
    },
    settle(reader) {
      for (const [uid, { sandbox, from }] of entries) {
        if (from === reader || reader.version === null || reader.has(sandbox)) continue;
        if (!isNewer(sandbox.resourceVersion, reader.version)) drop(uid);
      }
    },
  };
}

/**
 * Whether resource version `a` is of a later write than `b`. Of one kind they are comparable as numbers; anything else is
 * taken for newer.
 */
export function isNewer(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return a !== b;
  return a.length === b.length ? a > b : a.length > b.length;
}
