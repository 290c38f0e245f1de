import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whose the names with an ID are that a node gives to things of the machine. */
export interface Owner {
  /** The node's folder, absolute and without links. */
  readonly dataDir: string;
  readonly pid: number;
  /** When the process began, in clock ticks since the machine did: by it another of the same number is told apart. */
  readonly began: string;
}

/** By the names of bridges, groups and tables: the same for a folder, another for another. */
export function idOf(dataDir: string): string {
  return createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
}

/** Says for whom this process has things on the machine. Written before the first is made, removed after the last. */
export function writeOwner(runFolder: string, dataDir: string): void {
  const path = pathOf(runFolder, idOf(dataDir));
  const owner: Owner = { dataDir, pid: process.pid, began: beginOf(process.pid) ?? "" };
  writeFileSync(`${path}.new`, JSON.stringify(owner), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeOwner(runFolder: string, id: string): void {
  rmSync(pathOf(runFolder, id), { force: true });
}

/** Every owner that is on record, also those that are gone. */
export function readOwners(runFolder: string): Owner[] {
  return readdirSync(runFolder).flatMap((name) => {
    const owner = name.endsWith(".json") ? readOwner(join(runFolder, name)) : null;
    // Nothing is ever removed by a name that does not follow from the folder.
    return owner !== null && name === `${idOf(owner.dataDir)}.json` ? [owner] : [];
  });
}

/** Whether the process runs, as far as it can be seen from here. */
export function isRunning({ pid, began }: Owner): boolean {
  return beginOf(pid) === began;
}

function pathOf(runFolder: string, id: string): string {
  return join(runFolder, `${id}.json`);
}

function readOwner(path: string): Owner | null {
  try {
    const { dataDir, pid, began } = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner>;
    if (typeof dataDir !== "string" || typeof pid !== "number" || typeof began !== "string") return null;
    return { dataDir, pid, began };
  } catch {
    // Another start has just cleared it up, or it is none of ours.
    return null;
  }
}

function beginOf(pid: number): string | null {
  try {
    // After the name, which stands in brackets and may hold blanks, the twentieth field.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
