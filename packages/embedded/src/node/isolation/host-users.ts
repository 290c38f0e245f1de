import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** First host uid given to pods. Above what systems and user-namespace ranges hand out, below 2^31. */
export const FIRST_UID = 1_900_000_000;
const COUNT = 65_536;

export interface HostUsers {
  /** The host uid (and gid) of a pod, the same for as long as the pod's folder exists. */
  acquire(podUid: string): number;
  release(podUid: string): void;
  readonly pods: readonly string[];
}

/**
 * Gives each pod an unprivileged host user of its own. Kept in a file, so that files a killed process left behind never
 * belong to another pod.
 *
 * @param path - The file; made at the first use.
 * @param offset - Where in the range this data folder begins, so that two of them seldom use the same numbers.
 */
export function openHostUsers(path: string, offset: number): HostUsers {
  const taken = new Map<string, number>(read(path));
  let next = offset % COUNT;

  function save(): void {
    writeFileSync(`${path}.new`, JSON.stringify([...taken]), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  return {
    acquire(podUid) {
      const known = taken.get(podUid);
      if (known !== undefined) return known;
      const used = new Set(taken.values());
      if (used.size >= COUNT) throw new Error(`All ${COUNT} host users for pods are taken.`);
      while (used.has(FIRST_UID + next)) next = (next + 1) % COUNT;
      const uid = FIRST_UID + next;
      next = (next + 1) % COUNT;
      taken.set(podUid, uid);
      save();
      return uid;
    },
    release(podUid) {
      if (taken.delete(podUid)) save();
    },
    get pods() {
      return [...taken.keys()];
    },
  };
}

function read(path: string): [string, number][] {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as [string, number][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
