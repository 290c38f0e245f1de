/**
 * The folder of one cluster, and what a cluster leaves outside of its namespaces: empty control groups. The kernel ends
 * everything else with the test run; these two are removed at the end, or at the next start after a run that was killed.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "sandgate-cluster-";
const OWNER = "owner";
const CGROUPS = "/sys/fs/cgroup";
const DAY_MS = 86_400_000;

/** Makes the folder of a cluster, and removes those of runs that are no more. */
export function makeStateFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const left = join(tmpdir(), name);
    const mine = name.startsWith(PREFIX) && isAbandoned(left) ? takeOver(left) : null;
    if (mine !== null) removeStateFolder(mine);
  }
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(folder, OWNER), `${process.pid} ${startOf(process.pid)}`);
  mkdirSync(join(folder, "logs"));
  return folder;
}

/** Two that start at once find the same folder; only one can rename it. */
function takeOver(folder: string): string | null {
  const mine = `${folder}-${process.pid}`;
  try {
    renameSync(folder, mine);
    return mine;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Removes the folder of a cluster whose processes have ended, with the control groups of its containers. */
export function removeStateFolder(folder: string): void {
  if (!existsSync(folder)) return;
  const tasks = join(folder, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io");
  for (const container of existsSync(tasks) ? readdirSync(tasks) : []) {
    // One folder for each controller in version 1, one for all in version 2.
    const hierarchies = [CGROUPS, ...readdirSync(CGROUPS).map((name) => join(CGROUPS, name))];
    for (const hierarchy of hierarchies) {
      const group = join(hierarchy, "k8s.io", container);
      if (existsSync(group)) rmdirSync(group);
    }
  }
  // Whose it was stays to the last: without that, what is left by a removal that was cut short is nobody's for a day.
  for (const name of readdirSync(folder)) {
    if (name !== OWNER) rmSync(join(folder, name), { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

/** A process id alone could be another's by now. */
function isAbandoned(folder: string): boolean {
  const owner = join(folder, OWNER);
  try {
    if (!existsSync(owner)) {
      // Being made or removed this moment by somebody else, whose it is; after a day nobody is at that any more.
      return Date.now() - statSync(folder).mtimeMs > DAY_MS;
    }
    const [pid, start] = readFileSync(owner, "utf8").split(" ");
    return startOf(Number(pid)) !== start;
  } catch {
    // Gone between two looks.
    return false;
  }
}

/** When a process was started, in clock ticks since the boot; undefined without such a process. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program may hold anything, spaces among it; it is in brackets.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}
