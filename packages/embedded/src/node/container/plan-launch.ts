import { join } from "node:path";
import type { Container, Pod, Stored } from "@sandgate/contract";
import { expand } from "../pod/environment.ts";
import { DEFAULT_UID, IMAGE_FOLDER, type PodContext } from "../pod/pod-context.ts";
import { quantityValue } from "../pod/quantity-value.ts";
import { SHARED_FOLDERS } from "./etc-files.ts";
import { messagePath } from "./instance-folder.ts";
import type { LaunchOptions, Mount } from "./launch.ts";

/** Processes that a container may have where it asks for no limit of its own. */
const PIDS = 1024;

/** What an instance of a container is made of. */
export interface StartOptions {
  context: PodContext;
  pod: Stored<Pod>;
  container: Container;
  /** The container's own folder on the host. */
  folder: string;
  etc: string;
  hostUid: number;
  networkNamespace: string;
  environment: readonly [string, string][];
  mounts: readonly Mount[];
  /** Counts from 0; logs of each instance are kept apart. */
  instance: number;
}

/** What the pod and the container ask for, as the launcher takes it. */
export function planLaunch(options: StartOptions, root: string): Omit<LaunchOptions, "output" | "joinFiles"> {
  const { context, container, pod } = options;
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  const uid = numberOr(security["runAsUser"], DEFAULT_UID);
  const environment = withDefaults(options);
  return {
    root,
    mounts: mountsOf(options),
    tmpfs: [],
    hostname: hostnameOf(pod),
    networkNamespace: options.networkNamespace,
    hostUid: options.hostUid,
    uid,
    gid: numberOr(security["runAsGroup"], uid),
    environment,
    workingDir:
      container.workingDir === undefined || container.workingDir === "" ? "/workspace" : container.workingDir,
    command: commandOf(container, new Map(environment)),
    seccomp: context.seccomp,
    readOnlyRoot: security["readOnlyRootFilesystem"] === true,
    stdin: container.stdin === true,
    tty: container.tty === true,
    maxProcesses: PIDS,
  };
}

/** What the container may take at most, for its control group. */
export function limitsOf(container: Container): {
  memoryBytes: number | null;
  cpuMillis: number | null;
  pids: number;
} {
  const { memory, cpu } = container.resources?.limits ?? {};
  return {
    memoryBytes: memory === undefined ? null : Math.ceil(quantityValue(memory)),
    cpuMillis: cpu === undefined ? null : Math.ceil(quantityValue(cpu) * 1000),
    pids: PIDS,
  };
}

/** The name that a pod has for itself. */
export function hostnameOf(pod: Stored<Pod>): string {
  return pod.spec.hostname ?? pod.metadata.name.slice(0, 63);
}

/** A container's command and arguments, with what the image brings where they are not given. */
export function commandOf(container: Container, environment: ReadonlyMap<string, string>): string[] {
  const { command = [], args = [] } = container;
  const fill = (text: string): string => expand(text, environment);
  const entry = [`${IMAGE_FOLDER}/bin/node`, `${IMAGE_FOLDER}/sandgate-runtime.mjs`];
  return [...(command.length === 0 ? entry : command.map(fill)), ...args.map(fill)];
}

/** The pod's own volumes come last: they may lie over what every container has. */
function mountsOf({ context, container, etc, folder, mounts }: StartOptions): Mount[] {
  return [
    { source: etc, target: "/etc", readOnly: true },
    ...SHARED_FOLDERS.map((name) => ({
      source: join(context.sharedEtc, name),
      target: `/etc/${name}`,
      readOnly: true,
    })),
    { source: context.image.nodeBinary, target: `${IMAGE_FOLDER}/bin/node`, readOnly: true },
    { source: context.image.entry, target: `${IMAGE_FOLDER}/sandgate-runtime.mjs`, readOnly: true },
    // As on a kubelet: a file of the node's, so that it can be read when the container is gone.
    {
      source: messagePath(folder),
      target: container.terminationMessagePath ?? "/dev/termination-log",
      readOnly: false,
    },
    ...mounts,
  ];
}

function withDefaults({ environment, pod, container }: StartOptions): [string, string][] {
  const defaults: [string, string][] = [
    ["PATH", `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${IMAGE_FOLDER}/bin`],
    ["HOME", "/workspace"],
    ["LANG", "C.UTF-8"],
    ["HOSTNAME", hostnameOf(pod)],
    ["SANDGATE_WORKSPACE", "/workspace"],
  ];
  if (container.tty === true) defaults.push(["TERM", "xterm"]);
  return [...new Map([...defaults, ...environment])];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
