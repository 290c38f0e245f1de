import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Container, Pod, Stored } from "@sandgate/contract";
import { makePodEtc } from "../container/etc-files.ts";
import type { Mount } from "../container/launch.ts";
import { hostnameOf } from "../container/plan-launch.ts";
import type { PodNetworkSlot } from "../network/pod-network.ts";
import { removeTree } from "../remove-tree.ts";
import { PodVolumes } from "../volumes/pod-volumes.ts";
import { DEFAULT_UID, type PodContext } from "./pod-context.ts";

/** What a pod holds of the node for its containers: its folder, a host user, a network, volumes and an `/etc`. */
export class PodResources {
  readonly #context: PodContext;
  readonly #uid: string;
  /** The pod's own folder on the host. */
  readonly folder: string;
  #hostUid: number | null = null;
  #slot: PodNetworkSlot | null = null;
  #volumes: PodVolumes | null = null;
  #etcMade = false;

  constructor(context: PodContext, uid: string) {
    this.#context = context;
    this.#uid = uid;
    this.folder = join(context.podsDir, uid);
  }

  get ip(): string | null {
    return this.#slot?.ip ?? null;
  }

  get networkNamespace(): string {
    return this.#slot?.namespacePath ?? "";
  }

  /** The host user that all of the pod's processes and files are of. */
  get hostUid(): number {
    return (this.#hostUid ??= this.#context.users.acquire(this.#uid));
  }

  /** Folder and network. May be called again after a failure. */
  async acquire(): Promise<void> {
    mkdirSync(join(this.folder, "containers"), { recursive: true, mode: 0o700 });
    this.#slot = await this.#context.network.acquire();
  }

  /** May be called again after a failure. @throws ConfigError where something that a volume is made of is not there yet. */
  async setUpVolumes(pod: Stored<Pod>): Promise<void> {
    this.#volumes ??= new PodVolumes({
      pod,
      folder: this.folder,
      hostUid: this.hostUid,
      sources: this.#context.sources(pod.metadata.namespace ?? "default"),
      claims: this.#context.claims,
    });
    await this.#volumes.setUp();
  }

  /** ConfigMaps and Secrets in volumes follow their objects. */
  async refreshVolumes(pod: Stored<Pod>): Promise<void> {
    if (this.#slot !== null) await this.#volumes?.refresh(pod);
  }

  async mountsOf(container: Container, environment: ReadonlyMap<string, string>): Promise<Mount[]> {
    return (await this.#volumes?.mountsOf(container, environment)) ?? [];
  }

  /** Folder of a container, which holds its logs and its root. */
  containerFolder(name: string): string {
    return join(this.folder, "containers", name);
  }

  /** The folder that is `/etc` in all of the pod's containers. */
  etc(pod: Stored<Pod>): string {
    const folder = join(this.folder, "etc");
    // Made once in the life of this worker: after a restart of the node the pod has another address.
    if (this.#etcMade && existsSync(folder)) return folder;
    this.#etcMade = true;
    rmSync(folder, { recursive: true, force: true });
    const { spec } = pod;
    const uid = spec.securityContext?.["runAsUser"];
    const number = typeof uid === "number" ? uid : DEFAULT_UID;
    makePodEtc(folder, this.#context.sharedEtc, {
      hostname: hostnameOf(pod),
      ip: this.ip ?? "",
      uid: number,
      gid: number,
      nameservers: spec.dnsConfig?.nameservers ?? ["8.8.8.8", "1.1.1.1"],
      searches: spec.dnsConfig?.searches ?? [],
      dnsOptions: (spec.dnsConfig?.options ?? []).map(({ name, value }) =>
        value === undefined ? (name ?? "") : `${name}:${value}`,
      ),
      hostAliases: spec.hostAliases ?? [],
    });
    return folder;
  }

  /** Gives back network and mounts; logs stay. May be called again after a failure. */
  async release(): Promise<void> {
    const slot = this.#slot;
    this.#slot = null;
    try {
      await this.#volumes?.tearDown();
      await slot?.release();
    } catch (error) {
      this.#slot = slot;
      throw error;
    }
  }

  /** Gives back everything, the pod's folder and its host user included. May be called again after a failure. */
  async remove(): Promise<void> {
    await this.release();
    await removeTree(this.folder);
    this.#context.users.release(this.#uid);
  }
}
