import { mkdirSync } from "node:fs";
import type { Container } from "@sandgate/contract";
import type { RunningContainer } from "../container/running-container.ts";
import { startContainer } from "../container/start-container.ts";
import { inSeconds } from "../times.ts";
import type { ContainerRecord } from "./container-record.ts";
import { ConfigError, containerEnvironment } from "./environment.ts";
import type { LivePod } from "./live-pod.ts";
import { DEFAULT_UID } from "./pod-context.ts";
import { isKnownImage } from "./supported-fields.ts";

/** How often something that is missing is looked for again. */
export const WAIT_MS = 1_000;

/** Starts an instance, waiting for whatever it lacks; null where the pod ends before. */
export async function startInstance(
  pod: LivePod,
  container: Container,
  record: ContainerRecord,
): Promise<RunningContainer | null> {
  while (!pod.isEnding) {
    const lack = whatIsWrong(pod, container) ?? (await tryToLaunch(pod, container, record));
    if (!("reason" in lack)) return lack;
    if (pod.isEnding) return null;
    const { reason, message } = lack;
    if (record.state.waiting?.message !== message)
      pod.event("Warning", "Failed", `Error: ${message}`, container);
    record.state = { waiting: { reason, message } };
    pod.report.publish();
    await pod.wait(WAIT_MS);
  }
  return null;
}

/** Why an instance cannot be started for now; as a waiting container's state has it. */
interface Lack {
  reason: string;
  message: string;
}

function whatIsWrong(pod: LivePod, container: Container): Lack | null {
  if (!isKnownImage(container.image)) {
    return {
      reason: "ErrImageNeverPull",
      message:
        `Container image "${container.image}" is not present: the embedded cluster pulls nothing and runs one image, ` +
        "sandgate.dev/runtime (any tag), which is this machine's programs and the sandbox runtime",
    };
  }
  const security = { ...pod.object.spec.securityContext, ...container.securityContext };
  if (security["runAsNonRoot"] === true && (security["runAsUser"] ?? DEFAULT_UID) === 0) {
    return {
      reason: "CreateContainerConfigError",
      message: "container's runAsUser breaks non-root policy",
    };
  }
  return null;
}

async function tryToLaunch(
  pod: LivePod,
  container: Container,
  record: ContainerRecord,
): Promise<RunningContainer | Lack> {
  try {
    return await launchInstance(pod, container, record);
  } catch (error) {
    return {
      reason: error instanceof ConfigError ? "CreateContainerConfigError" : "CreateContainerError",
      message: (error as Error).message,
    };
  }
}

async function launchInstance(
  pod: LivePod,
  container: Container,
  record: ContainerRecord,
): Promise<RunningContainer> {
  const { context, object, resources } = pod;
  // Fields of the downward API that the server learns of only by our own report.
  const ip = resources.ip ?? "";
  const status = { ...object.status, podIP: ip, podIPs: [{ ip }], hostIP: context.nodeIp };
  const sources = context.sources(object.metadata.namespace ?? "default");
  const environment = await containerEnvironment({ ...object, status }, container, sources);
  const mounts = await resources.mountsOf(container, new Map(environment));
  const folder = resources.containerFolder(container.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const started = await startContainer({
    context,
    pod: object,
    container,
    folder,
    etc: resources.etc(object),
    hostUid: resources.hostUid,
    networkNamespace: resources.networkNamespace,
    environment,
    mounts,
    instance: record.restartCount,
  });
  if (pod.isEnding) {
    await started.stop(0);
    throw new Error("the pod is ending");
  }
  pod.running.set(container.name, started);
  record.containerId = `sandgate://${pod.uid}/${container.name}/${record.restartCount}`;
  const began = await started.running().then(
    () => true,
    () => false,
  );
  if (began) {
    record.state = { running: { startedAt: inSeconds(started.startedAt) } };
    pod.event("Normal", "Started", `Started container ${container.name}`, container);
  }
  pod.records.save();
  pod.report.publish();
  return started;
}
