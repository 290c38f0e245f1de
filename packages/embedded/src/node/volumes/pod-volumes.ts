import { chmodSync, chownSync, closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Container, Pod, PersistentVolumeClaim, Stored, Volume } from "@sandgate/contract";
import type { Mount } from "../container/launch.ts";
import { runProgram } from "../run-program.ts";
import { ConfigError, expand, type EnvironmentSources } from "../pod/environment.ts";
import { quantityValue } from "../pod/quantity-value.ts";
import { currentFiles, writeAtomically } from "./atomic-files.ts";
import { mountDescriptor, mountMemory, ownerOf, unmountAt, unmountBelow } from "./host-mounts.ts";
import { openInside } from "./open-inside.ts";
import { projectedFiles } from "./projected-files.ts";

/** Where claims have their folders, and which pod uses which. */
export interface ClaimFolders {
  /** Folder of a bound claim for this pod. @throws ConfigError where there is none yet or another pod uses it. */
  acquire(
    namespace: string,
    name: string,
    podUid: string,
  ): Promise<{ folder: string; claim: Stored<PersistentVolumeClaim> }>;
  release(podUid: string): void;
}

export interface PodVolumesOptions {
  pod: Stored<Pod>;
  /** The pod's folder on the host. */
  folder: string;
  hostUid: number;
  sources: EnvironmentSources;
  claims: ClaimFolders;
}

interface MadeVolume {
  /** Folder on the host. */
  path: string;
  readOnly: boolean;
  /** Made of files that the node writes, and which no pod can change. */
  isProjected: boolean;
}

/** The volumes of one pod on the host's disk. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #made = new Map<string, MadeVolume>();
  #written = new Map<string, string>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Makes every volume. @throws ConfigError where one has to wait for something. */
  async setUp(): Promise<void> {
    for (const volume of this.#options.pod.spec.volumes ?? []) {
      if (!this.#made.has(volume.name)) this.#made.set(volume.name, await this.#make(volume));
    }
  }

  /** Writes anew what comes from ConfigMaps, Secrets and the pod itself, where it has changed. */
  async refresh(pod: Stored<Pod>): Promise<void> {
    this.#options.pod = pod;
    for (const volume of pod.spec.volumes ?? []) {
      const files = await projectedFiles(pod, volume, this.#options.sources);
      if (files !== null) this.#write(volume.name, files);
    }
  }

  /** What a container sees of them. */
  async mountsOf(container: Container, environment: ReadonlyMap<string, string>): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
      const volume = this.#made.get(mount.name);
      if (volume === undefined) throw new ConfigError(`volume "${mount.name}" is not there`);
      const subPath =
        mount.subPathExpr === undefined ? (mount.subPath ?? "") : expand(mount.subPathExpr, environment);
      mounts.push({
        source:
          subPath === "" ? volume.path : await this.#subPath(volume, subPath, `${container.name}-${index}`),
        target: mount.mountPath,
        readOnly: mount.readOnly === true || volume.readOnly,
      });
    }
    return mounts;
  }

  async tearDown(): Promise<void> {
    await unmountBelow(this.#options.folder);
    this.#options.claims.release(this.#options.pod.metadata.uid);
  }

  async #make(volume: Volume): Promise<MadeVolume> {
    const { pod, folder, hostUid, claims } = this.#options;
    const path = join(folder, "volumes", volume.name);
    if (volume.persistentVolumeClaim !== undefined) {
      const { claimName, readOnly = false } = volume.persistentVolumeClaim;
      const found = await claims.acquire(pod.metadata.namespace ?? "default", claimName, pod.metadata.uid);
      // A claim outlives its pods, and each pod has a user of its own.
      if (ownerOf(found.folder) !== hostUid)
        await runProgram("chown", ["-R", "-h", `${hostUid}:${hostUid}`, found.folder]);
      return { path: found.folder, readOnly, isProjected: false };
    }
    const files = await projectedFiles(pod, volume, this.#options.sources);
    if (files !== null) {
      this.#write(volume.name, files);
      return { path, readOnly: true, isProjected: true };
    }
    const { medium = "", sizeLimit } = volume.emptyDir ?? {};
    if (medium === "Memory") {
      await mountMemory(path, hostUid, sizeLimit === undefined ? null : quantityValue(sizeLimit));
    } else {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o777);
      chownSync(path, hostUid, hostUid);
    }
    return { path, readOnly: false, isProjected: false };
  }

  #write(name: string, files: Parameters<typeof writeAtomically>[1]): void {
    const digest = JSON.stringify(
      files.map(({ path, content, mode }) => [path, content.toString("base64"), mode]),
    );
    if (this.#written.get(name) === digest) return;
    writeAtomically(join(this.#options.folder, "volumes", name), files, this.#options.hostUid);
    this.#written.set(name, digest);
  }

  /** A place of its own for a part of a volume, mounted without following a link in it. */
  async #subPath({ path, isProjected }: MadeVolume, subPath: string, name: string): Promise<string> {
    const target = join(this.#options.folder, "subpaths", name);
    mkdirSync(join(this.#options.folder, "subpaths"), { recursive: true });
    // Of the container's instance before this one.
    await unmountAt(target);
    // What the node itself has written there are links; a container keeps the files that they lead to now.
    const from = isProjected ? currentFiles(path) : path;
    const descriptor = openInside(from, subPath, this.#options.hostUid);
    try {
      await mountDescriptor(descriptor, target);
    } finally {
      closeSync(descriptor);
    }
    return target;
  }
}
