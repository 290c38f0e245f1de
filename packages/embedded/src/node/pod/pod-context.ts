import type { Logger } from "@sandgate/contract";
import type { EventRecorder, KubeClient } from "@sandgate/kube";
import type { LogPace } from "../container/log-pace.ts";
import type { Cgroups } from "../isolation/cgroups.ts";
import type { HostUsers } from "../isolation/host-users.ts";
import type { PodNetwork } from "../network/pod-network.ts";
import type { ClaimFolders } from "../volumes/pod-volumes.ts";
import type { EnvironmentSources } from "./environment.ts";

/** The built-in image: what runs where a container names no command. */
export interface RuntimeImage {
  /** Node.js binary on the host. */
  nodeBinary: string;
  /** The bundled runtime, one file. */
  entry: string;
}

/** What the pods of a node share. */
export interface PodContext {
  readonly client: KubeClient;
  readonly nodeIp: string;
  /** Folder under which each pod has its own, named by UID. */
  readonly podsDir: string;
  readonly sharedEtc: string;
  readonly network: PodNetwork;
  readonly cgroups: Cgroups;
  readonly users: HostUsers;
  readonly claims: ClaimFolders;
  readonly seccomp: Buffer;
  readonly image: RuntimeImage;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly logPace: LogPace;
  sources(namespace: string): EnvironmentSources;
}

/** Where the built-in image has its own programs. */
export const IMAGE_FOLDER = "/opt/sandgate";
/** Uid and gid that processes see themselves as, where the pod does not say. */
export const DEFAULT_UID = 1000;
