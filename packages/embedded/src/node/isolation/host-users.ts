import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** First host uid given to pods. Above what systems and user-namespace ranges hand out, below 2^31. */
export const FIRST_UID = 1_900_000_000;
/** Users of one data folder, and how many such blocks there are below 2^31. */
const COUNT = 65_536;
const BLOCKS = 3_500;

export interface HostUsers {
  /** The host uid (and gid) of a pod, the same for as long as the pod's folder exists. */
  acquire(podUid: string): number;
  release(podUid: string): void;
  readonly pods: readonly string[];
  /** The users given away. */
  readonly numbers: ReadonlySet<number>;
}

/**
 * Gives each pod an unprivileged host user of its own. Kept in a file, so that files a killed process left behind never
 * belong to another pod.
 *
 * @param path - The file; made at the first use.
 * @param id - Of the data folder: each has a block of numbers of its own, by chance (one in 3,500) the same as another's.
 */
export function openHostUsers(path: string, id: number): HostUsers {
  const first = FIRST_UID + (id % BLOCKS) * COUNT;
  const taken = new Map<string, number>(read(path));
  let next = 0;

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
      while (used.has(first + next)) next = (next + 1) % COUNT;
      const uid = first + next;
      next = (next + 1) % COUNT;
      taken.set(podUid, uid);
      try {
        save();
      } catch (error) {
        // Unsaved, a later start could give it to another pod.
        taken.delete(podUid);
        throw error;
      }
      return uid;
    },
    release(podUid) {
      if (!taken.delete(podUid)) return;
      try {
        save();
      } catch {
        // On a full disk it stays in the file until the next one is given away, or a start finds no such pod.
      }
    },
    get pods() {
      return [...taken.keys()];
    },
    get numbers() {
      return new Set(taken.values());
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
